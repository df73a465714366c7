import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** One CPU that the kernel schedules on: a thread of a core where cores have several. */
export interface Cpu {
  readonly id: number
  /** The lowest CPU of its core: unlike the kernel's number of a core, unique on the machine. */
  readonly core: number
  readonly socket: number
  readonly node: number
  /** The cache that it shares with some of its node's cores; its socket's number where no cache is shared so. */
  readonly cache: number
}

/** A NUMA node: memory, and the CPUs that are near to it. */
export interface NumaNode {
  readonly id: number
  readonly memoryBytes: number
  /** Bytes set aside in huge pages, by the size of a page in bytes. */
  readonly hugepages: ReadonlyMap<number, number>
  /** To each node, in the order of their numbers, as the firmware tells; undefined when it does not. */
  readonly distances: readonly number[] | undefined
}

export interface MachineTopology {
  /** Those that are online, ascending. */
  readonly cpus: readonly Cpu[]
  /** Ascending. */
  readonly nodes: readonly NumaNode[]
}

/**
 * Reads how CPUs and memory lie, from `devices`, a folder such as /sys/devices/system. A machine without NUMA nodes has
 * one for each socket, without memory. https://docs.kernel.org/admin-guide/cputopology.html
 */
export function readMachineTopology(devices = "/sys/devices/system"): MachineTopology {
  const ids = numbered(join(devices, "node"), "node")
  const places =
    ids.length > 0
      ? ids.flatMap((node) => numbered(join(devices, "node", `node${node}`), "cpu").map((id) => ({ id, node })))
      : numbered(join(devices, "cpu"), "cpu").map((id) => ({ id, node: undefined }))
  const threads = places.flatMap((place) => threadOf(devices, place.id, place.node) ?? []).sort((a, b) => a.id - b.id)
  const cpus = withCaches(devices, withCores(threads))
  const nodes = ids.length > 0 ? ids.map((id) => numaNode(devices, id)) : bareNodes(cpus)
  return { cpus, nodes }
}

interface Thread {
  readonly id: number
  readonly node: number
  readonly socket: number
  /** As the kernel numbers it: within its socket. */
  readonly coreOfSocket: number
}

/** Undefined when the CPU is offline. */
function threadOf(devices: string, id: number, node: number | undefined): Thread | undefined {
  const topology = join(devices, "cpu", `cpu${id}`, "topology")
  const socket = numberIn(join(topology, "physical_package_id"))
  const coreOfSocket = numberIn(join(topology, "core_id"))
  if (socket === undefined || coreOfSocket === undefined) return undefined
  return { id, node: node ?? socket, socket, coreOfSocket }
}

function withCores(threads: readonly Thread[]): Omit<Cpu, "cache">[] {
  const lowest = new Map<string, number>()
  return threads.map(({ coreOfSocket, id, node, socket }) => {
    const key = `${node}/${socket}/${coreOfSocket}`
    const core = lowest.get(key) ?? id
    lowest.set(key, core)
    return { id, core, socket, node }
  })
}

function withCaches(devices: string, cpus: readonly Omit<Cpu, "cache">[]): Cpu[] {
  const sizes = new Map<number, number>()
  for (const { node } of cpus) sizes.set(node, (sizes.get(node) ?? 0) + 1)
  const ofCores = new Map<number, number | undefined>()
  return cpus.map((cpu) => {
    if (!ofCores.has(cpu.core)) ofCores.set(cpu.core, partialCache(devices, cpu.core, sizes.get(cpu.node) ?? 0))
    return { ...cpu, cache: ofCores.get(cpu.core) ?? cpu.socket }
  })
}

/** The cache beyond the second level that a CPU shares with others, unless all CPUs of its node do. */
function partialCache(devices: string, cpu: number, nodeSize: number): number | undefined {
  const folder = join(devices, "cpu", `cpu${cpu}`, "cache")
  for (const index of numbered(folder, "index")) {
    const cache = join(folder, `index${index}`)
    const level = numberIn(join(cache, "level")) ?? 0
    const shared = bitsOf(textIn(join(cache, "shared_cpu_map")))
    if (level > 2 && shared !== nodeSize) return numberIn(join(cache, "id"))
  }
  return undefined
}

function bitsOf(hexadecimal: string): number {
  let count = 0
  for (const digit of hexadecimal.replaceAll(",", "")) {
    for (let left = Number.parseInt(digit, 16); left > 0; left >>= 1) count += left & 1
  }
  return count
}

function numaNode(devices: string, id: number): NumaNode {
  const folder = join(devices, "node", `node${id}`)
  const kibibytes = /MemTotal:\s+(\d+) kB/.exec(textIn(join(folder, "meminfo")))?.[1]
  const distances = textIn(join(folder, "distance"))
  return {
    id,
    memoryBytes: Number(kibibytes ?? 0) * 1024,
    hugepages: readHugepages(join(folder, "hugepages")),
    distances: distances === "" ? undefined : distances.split(/\s+/).map(Number),
  }
}

/** Bytes set aside in huge pages, by the size of a page in bytes. `folder`: such as /sys/kernel/mm/hugepages. */
export function readHugepages(folder: string): Map<number, number> {
  return new Map(
    list(folder).flatMap((name): [number, number][] => {
      const size = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0) * 1024
      return size === 0 ? [] : [[size, (numberIn(join(folder, name, "nr_hugepages")) ?? 0) * size]]
    }),
  )
}

function bareNodes(cpus: readonly Cpu[]): NumaNode[] {
  const ids = [...new Set(cpus.map(({ node }) => node))].sort((a, b) => a - b)
  return ids.map((id) => ({ id, memoryBytes: 0, hugepages: new Map(), distances: undefined }))
}

/** The numbers of entries such as `node0`, ascending. */
function numbered(folder: string, prefix: string): number[] {
  return list(folder)
    .flatMap((name) =>
      name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)) ? [Number(name.slice(prefix.length))] : [],
    )
    .sort((a, b) => a - b)
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function numberIn(path: string): number | undefined {
  const text = textIn(path)
  return /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** Empty when there is none: kernels differ in what they tell. */
function textIn(path: string): string {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return ""
  }
}
