import { readlinkSync } from "node:fs"
import { basename } from "node:path"
import type { PodCgroups } from "../../resources/pod-cgroups.ts"
import type { Sample } from "./exposition.ts"

/** What the kernel's files say of a control group, in either version. Controllers are named as in the first one's trees. */

export type CgroupFiles = Pick<PodCgroups, "path" | "read" | "isUnified">

/** One group's files, each read when it is first asked for: several series stand in some of them. */
export class Group {
  readonly isUnified: boolean
  readonly #files: CgroupFiles
  readonly #group: string
  readonly #texts = new Map<string, string | undefined>()
  readonly #fields = new Map<string, ReadonlyMap<string, number>>()

  constructor(files: CgroupFiles, group: string) {
    this.isUnified = files.isUnified
    this.#files = files
    this.#group = group
  }

  #read(controller: string, file: string): string | undefined {
    if (!this.#texts.has(file)) this.#texts.set(file, this.#files.read(controller, this.#group, file))
    return this.#texts.get(file)
  }

  lines(controller: string, file: string): string[] {
    return (this.#read(controller, file) ?? "").split("\n").filter((line) => line !== "")
  }

  /** Undefined when the group has gone. */
  processes(): number | undefined {
    return this.#read("pids", "cgroup.procs")
      ?.split("\n")
      .filter((line) => line !== "").length
  }

  /** Undefined without such a file; what is not limited is `Infinity`. */
  number(controller: string, file: string): number | undefined {
    const [word] = (this.#read(controller, file) ?? "").trim().split(/\s+/)
    if (!word) return undefined
    return word === "max" ? Number.POSITIVE_INFINITY : Number(word)
  }

  /** From a file of names and numbers. */
  field(controller: string, file: string, name: string): number | undefined {
    let fields = this.#fields.get(file)
    if (fields === undefined) {
      const pairs = this.lines(controller, file).map((line) => line.split(" "))
      fields = new Map(pairs.map(([key = "", value]) => [key, Number(value)]))
      this.#fields.set(file, fields)
    }
    return fields.get(name)
  }

  /** From memory.stat, children included. */
  memory(unified: string, legacy: string): number | undefined {
    return this.field("memory", "memory.stat", this.isUnified ? unified : `total_${legacy}`)
  }
}

const scaled = (value: number | undefined, by: number) => (value === undefined ? undefined : value / by)
/** The kernel's ticks, on every architecture. */
const TICKS = 100

export function cpuTime(group: Group, unified: string, legacy: string): number | undefined {
  return group.isUnified
    ? scaled(group.field("cpu", "cpu.stat", unified), 1e6)
    : scaled(group.field("cpuacct", "cpuacct.stat", legacy), TICKS)
}

export function cpuUsage(group: Group): readonly Sample[] {
  const value = group.isUnified
    ? scaled(group.field("cpu", "cpu.stat", "usage_usec"), 1e6)
    : scaled(group.number("cpuacct", "cpuacct.usage"), 1e9)
  return value === undefined ? [] : [{ labels: { cpu: "total" }, value }]
}

/** Absent where nothing is throttled because nothing is limited. */
export function throttling(group: Group, name: string, by = 1): number | undefined {
  return quotaOf(group) === undefined ? undefined : scaled(group.field("cpu", "cpu.stat", name), by)
}

export function quotaOf(group: Group): number | undefined {
  const quota = either(group, "cpu", "cpu.max", "cpu.cfs_quota_us")
  return quota !== undefined && quota > 0 && quota !== Number.POSITIVE_INFINITY ? quota : undefined
}

export const memoryUsage = (group: Group) => either(group, "memory", "memory.current", "memory.usage_in_bytes")

export function workingSet(group: Group): number | undefined {
  const usage = memoryUsage(group)
  return usage === undefined ? undefined : Math.max(0, usage - (group.memory("inactive_file", "inactive_file") ?? 0))
}

export function pageFaults(group: Group): readonly Sample[] {
  return ["pgfault", "pgmajfault"].flatMap((type) =>
    ["container", "hierarchy"].flatMap((scope) => {
      const name = scope === "hierarchy" && !group.isUnified ? `total_${type}` : type
      const value = group.field("memory", "memory.stat", name)
      return value === undefined ? [] : [{ labels: { failure_type: type, scope }, value }]
    }),
  )
}

/** Reads and writes of each device that the group has used: `8:0 Read 4096`, or `8:0 rbytes=4096 wbytes=0 …`. */
export function transfers(group: Group, [file, word]: readonly [string, string], key: string): readonly Sample[] {
  return group.isUnified
    ? group.lines("io", "io.stat").flatMap((line) => {
        const [device = "", ...pairs] = line.split(" ")
        const value = pairs.find((pair) => pair.startsWith(`${key}=`))?.slice(key.length + 1)
        return value === undefined ? [] : [{ labels: { device: deviceName(device) }, value: Number(value) }]
      })
    : group.lines("blkio", `blkio.throttle.${file}_recursive`).flatMap((line) => {
        const [device = "", kind, value] = line.split(" ")
        return kind === word ? [{ labels: { device: deviceName(device) }, value: Number(value) }] : []
      })
}

/** `8:0` is `/dev/sda`. */
function deviceName(numbers: string): string {
  try {
    return `/dev/${basename(readlinkSync(`/sys/dev/block/${numbers}`))}`
  } catch {
    // It has gone since.
    return numbers
  }
}

/** Microseconds that some, or all, processes have waited, in seconds. Only the second version counts that. */
export function pressure(group: Group, controller: string, who: "some" | "full"): number | undefined {
  if (!group.isUnified) return undefined
  const line = group.lines(controller, `${controller}.pressure`).find((each) => each.startsWith(who))
  return scaled(line === undefined ? undefined : Number(/total=(\d+)/.exec(line)?.[1]), 1e6)
}

/** As cAdvisor shows that there is none. The first version writes it as the largest number of whole pages. */
export const limited = (value: number | undefined) => (value === undefined ? undefined : value >= 2 ** 62 ? 0 : value)

/** cpu.weight 1…10000 to cpu.shares 2…262144. */
export function shares(group: Group): number | undefined {
  if (!group.isUnified) return group.number("cpu", "cpu.shares")
  const weight = group.number("cpu", "cpu.weight")
  return weight === undefined ? undefined : Math.floor(2 + ((weight - 1) * 262_142) / 9999)
}

export const events = (group: Group, unified: string, legacy: readonly [string, string] | string) =>
  group.isUnified
    ? group.field("memory", "memory.events", unified)
    : typeof legacy === "string"
      ? group.number("memory", legacy)
      : group.field("memory", ...legacy)

export const either = (group: Group, controller: string, unified: string, legacy: string) =>
  group.number(controller, group.isUnified ? unified : legacy)

export function periodOf(group: Group): number | undefined {
  const [line] = group.lines("cpu", "cpu.max")
  return line === undefined ? undefined : Number(line.split(" ")[1])
}
