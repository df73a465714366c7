import { messageOf } from "../../machinery/status/message-of.ts"
import { byKey, fnv32a, goMap, readStateFile, writeStateFile } from "../resources/state-file.ts"
import type { MemoryBlock, MemoryState, NodeMemory } from "./memory-state.ts"

export type MemoryPolicyName = "None" | "Static"

interface TableContent {
  readonly total: number
  readonly systemReserved: number
  readonly allocatable: number
  readonly reserved: number
  readonly free: number
}

interface BlockContent {
  readonly numaAffinity: readonly number[]
  readonly type: string
  readonly size: number
}

interface NodeContent {
  readonly numberOfAssignments: number
  readonly memoryMap: Readonly<Record<string, TableContent>>
  readonly cells: readonly number[]
}

interface MemoryStateContent {
  readonly policyName: string
  /** By NUMA node. */
  readonly machineState: Readonly<Record<string, NodeContent>>
  /** By pod uid and container name. */
  readonly entries?: Readonly<Record<string, Readonly<Record<string, readonly BlockContent[] | null>>>>
  /** 0: none was made. */
  readonly checksum: number
}

/**
 * Reads `memory_manager_state`. Undefined when there is none. Throws an `Error` that says what to do when it is damaged,
 * or was written under another policy.
 */
export function readMemoryState(path: string, policy: MemoryPolicyName): MemoryState | undefined {
  try {
    const content = readStateFile(path) as MemoryStateContent | undefined
    if (content === undefined) return undefined
    if (content.checksum && content.checksum !== checksum(content)) throw new Error("checkpoint is corrupted")
    if (content.policyName !== policy) {
      const [configured, found] = [JSON.stringify(policy), JSON.stringify(content.policyName)]
      throw new Error(`[memorymanager] configured policy ${configured} differs from state checkpoint policy ${found}`)
    }
    return stateOf(content)
  } catch (error) {
    const advice = `please drain this node and delete the memory manager checkpoint file ${JSON.stringify(path)} before restarting Kubelet`
    const why = messageOf(error)
    throw new Error(`could not restore state from checkpoint: ${why}, ${advice}`, { cause: error })
  }
}

export function writeMemoryState(path: string, policy: MemoryPolicyName, { assigned, nodes }: MemoryState): void {
  const machineState = Object.fromEntries([...nodes].map(([id, node]) => [id, nodeContent(node)]))
  const entries = [...assigned].toSorted(byKey).map(([uid, containers]) => {
    const blocks = [...containers].toSorted(byKey).map(([name, list]) => [name, list.map(blockContent)] as const)
    return [uid, Object.fromEntries(blocks)] as const
  })
  const content = {
    policyName: policy,
    machineState,
    ...(entries.length > 0 && { entries: Object.fromEntries(entries) }),
  }
  writeStateFile(path, { ...content, checksum: checksum(content) })
}

function nodeContent({ assignments, cells, tables }: NodeMemory): NodeContent {
  return { numberOfAssignments: assignments, memoryMap: Object.fromEntries([...tables].toSorted(byKey)), cells }
}

const blockContent = ({ bytes, nodes, resource }: MemoryBlock): BlockContent => {
  return { numaAffinity: nodes, type: resource, size: bytes }
}

function stateOf({ entries = {}, machineState }: MemoryStateContent): MemoryState {
  const blocks = (list: readonly BlockContent[] | null): MemoryBlock[] =>
    (list ?? []).map(({ numaAffinity, size, type }) => ({ nodes: numaAffinity, resource: type, bytes: size }))
  return {
    nodes: new Map(
      Object.entries(machineState).map(([id, { cells, memoryMap, numberOfAssignments }]) => [
        Number(id),
        { assignments: numberOfAssignments, cells, tables: new Map(Object.entries(memoryMap)) },
      ]),
    ),
    assigned: new Map(
      Object.entries(entries).map(([uid, containers]) => [
        uid,
        new Map(Object.entries(containers).map(([name, list]) => [name, blocks(list)])),
      ]),
    ),
  }
}

/** Of what Go prints of the structs that the content is made of. */
function checksum({ entries = {}, machineState, policyName }: Omit<MemoryStateContent, "checksum">): number {
  const bytes = (value: number) => `(uint64)${value}`
  const numbers = (list: readonly number[]) => `([]int)[${list.join(" ")}]`
  const table = ({ allocatable, free, reserved, systemReserved, total }: TableContent) =>
    `<*>{TotalMemSize:${bytes(total)} SystemReserved:${bytes(systemReserved)} Allocatable:${bytes(allocatable)} Reserved:${bytes(reserved)} Free:${bytes(free)}}`
  const node = ({ cells, memoryMap, numberOfAssignments }: NodeContent) => {
    const tables = goMap(Object.entries(memoryMap).map(([name, value]) => [name, table(value)] as const))
    return `<*>{NumberOfAssignments:(int)${numberOfAssignments} MemoryMap:(map[v1.ResourceName]*state.MemoryTable)${tables} Cells:${numbers(cells)}}`
  }
  const block = ({ numaAffinity, size, type }: BlockContent) =>
    `{NUMAAffinity:${numbers(numaAffinity)} Type:(v1.ResourceName)${type} Size:${bytes(size)}}`
  const blocks = (list: readonly BlockContent[] | null) => (list === null ? "<nil>" : `[${list.map(block).join(" ")}]`)
  const pods = Object.entries(entries).map(([uid, containers]) => {
    return [uid, goMap(Object.entries(containers).map(([name, list]) => [name, blocks(list)] as const))] as const
  })
  // Numbers are sorted as such, and properties that are numbers are.
  const nodes = Object.entries(machineState).map(([id, value]) => `${id}:${node(value)}`)
  const fields = [
    `PolicyName:(string)${policyName}`,
    `MachineState:(state.NUMANodeMap)map[${nodes.join(" ")}]`,
    `Entries:(state.ContainerMemoryAssignments)${goMap(pods)}`,
    "Checksum:(checksum.Checksum)0",
  ]
  return fnv32a(`(*state.MemoryManagerCheckpoint){${fields.join(" ")}}`)
}
