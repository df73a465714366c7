import { messageOf } from "../../machinery/status/message-of.ts"
import { byKey, fnv32a, goMap, readStateFile, writeStateFile } from "../resources/state-file.ts"
import { formatCpus, parseCpus } from "./cpu-set.ts"
import type { CpuState } from "./cpu-state.ts"
import type { CpuSet } from "./cpu-topology.ts"

export type CpuPolicyName = "none" | "static"

interface CpuStateContent {
  readonly policyName: string
  readonly defaultCpuSet: string
  /** By pod uid and container name. */
  readonly entries?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** 0: none was made. */
  readonly checksum: number
}

/**
 * Reads `cpu_manager_state`. Undefined when there is none. Throws an `Error` that says what to do when it is damaged, or
 * was written under another policy.
 */
export function readCpuState(path: string, policy: CpuPolicyName): CpuState | undefined {
  try {
    const content = readStateFile(path) as CpuStateContent | undefined
    if (content === undefined) return undefined
    if (content.checksum && content.checksum !== checksum(content)) throw new Error("checkpoint is corrupted")
    if (content.policyName !== policy) {
      const [configured, found] = [JSON.stringify(policy), JSON.stringify(content.policyName)]
      throw new Error(`configured policy ${configured} differs from state checkpoint policy ${found}`)
    }
    return stateOf(content)
  } catch (error) {
    const advice = `please drain this node and delete the CPU manager checkpoint file ${JSON.stringify(path)} before restarting Kubelet`
    const why = messageOf(error)
    throw new Error(`could not restore state from checkpoint: ${why}, ${advice}`, { cause: error })
  }
}

export function writeCpuState(path: string, policy: CpuPolicyName, { assigned, shared }: CpuState): void {
  const entries = [...assigned].toSorted(byKey).map(([uid, containers]) => [uid, textOf(containers)] as const)
  const content = {
    policyName: policy,
    defaultCpuSet: formatCpus(shared),
    ...(entries.length > 0 && { entries: Object.fromEntries(entries) }),
  }
  writeStateFile(path, { ...content, checksum: checksum(content) })
}

const textOf = (containers: ReadonlyMap<string, CpuSet>) =>
  Object.fromEntries([...containers].toSorted(byKey).map(([name, cpus]) => [name, formatCpus(cpus)]))

function stateOf({ defaultCpuSet, entries = {} }: CpuStateContent): CpuState {
  const read = (text: string, what: string) => {
    try {
      return new Set(parseCpus(text))
    } catch (error) {
      const why = messageOf(error)
      throw new Error(`could not parse ${what}: ${why}`, { cause: error })
    }
  }
  const assigned = Object.entries(entries).map(([uid, containers]) => {
    const sets = Object.entries(containers).map(([name, text]) => {
      const whose = `for container ${JSON.stringify(name)} in pod ${JSON.stringify(uid)}`
      return [name, read(text, `cpuset ${JSON.stringify(text)} ${whose}`)] as const
    })
    return [uid, new Map(sets)] as const
  })
  return {
    shared: read(defaultCpuSet, `default cpu set ${JSON.stringify(defaultCpuSet)}`),
    assigned: new Map(assigned),
  }
}

function checksum({ defaultCpuSet, entries = {}, policyName }: Omit<CpuStateContent, "checksum">): number {
  const pods = Object.entries(entries).map(([uid, containers]) => [uid, goMap(Object.entries(containers))] as const)
  const fields = [
    `PolicyName:(string)${policyName}`,
    `DefaultCPUSet:(string)${defaultCpuSet}`,
    `Entries:(map[string]map[string]string)${goMap(pods)}`,
    "Checksum:(checksum.Checksum)0",
  ]
  return fnv32a(`(*state.CPUManagerCheckpoint){${fields.join(" ")}}`)
}
