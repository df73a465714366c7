import type { NumaNode } from "../../platform/linux/machine-topology.ts"
import { hugepageResource } from "../resources/hugepages.ts"

/** Of one kind of memory of one NUMA node, in bytes. */
export interface MemoryTable {
  readonly total: number
  readonly systemReserved: number
  readonly allocatable: number
  /** Of what is allocatable, what containers have. */
  readonly reserved: number
  readonly free: number
}

export interface NodeMemory {
  /** How many amounts of some kind containers have from it. */
  readonly assignments: number
  /** By resource: `memory`, `hugepages-2Mi`. */
  readonly tables: ReadonlyMap<string, MemoryTable>
  /** The nodes that containers have memory from together with this one; it alone, when they have it from just one. */
  readonly cells: readonly number[]
}

/** What a container has of one resource, from some nodes together. */
export interface MemoryBlock {
  readonly nodes: readonly number[]
  readonly resource: string
  readonly bytes: number
}

export interface MemoryState {
  readonly nodes: ReadonlyMap<number, NodeMemory>
  /** By pod uid and container name. */
  readonly assigned: ReadonlyMap<string, ReadonlyMap<string, readonly MemoryBlock[]>>
}

export type ReservedMemory = ReadonlyMap<number, ReadonlyMap<string, number>>

/** Nothing is anybody's yet. */
export function emptyMemory(nodes: readonly NumaNode[], reserved: ReservedMemory): ReadonlyMap<number, NodeMemory> {
  return new Map(
    nodes.map(({ hugepages, id, memoryBytes }) => {
      const table = (resource: string, total: number, taken: number): [string, MemoryTable] => {
        const systemReserved = reserved.get(id)?.get(resource) ?? 0
        const free = total - systemReserved - taken
        return [resource, { total, systemReserved, allocatable: free, reserved: 0, free }]
      }
      const inPages = [...hugepages.values()].reduce((sum, bytes) => sum + bytes, 0)
      const tables = [...hugepages].map(([size, bytes]) => table(hugepageResource(size), bytes, 0))
      return [
        id,
        { assignments: 0, tables: new Map([...tables, table("memory", memoryBytes, inPages)]), cells: [id] },
      ] as const
    }),
  )
}

export function blocksOf(
  { assigned }: MemoryState,
  podUid: string,
  container: string,
): readonly MemoryBlock[] | undefined {
  return assigned.get(podUid)?.get(container)
}

/** Sets an amount aside from the nodes of a block, the first ones first. */
export function reserve(
  nodes: ReadonlyMap<number, NodeMemory>,
  { nodes: ids, resource }: MemoryBlock,
  bytes: number,
): ReadonlyMap<number, NodeMemory> {
  let left = bytes
  return changed(nodes, ids, ({ assignments, tables }) => {
    const table = tables.get(resource)
    const taken = Math.min(left, Math.max(table?.free ?? 0, 0))
    left -= taken
    return { assignments: assignments + 1, cells: ids, tables: moved(tables, resource, taken) }
  })
}

/** Gives a block's amount back. */
export function unreserve(nodes: ReadonlyMap<number, NodeMemory>, block: MemoryBlock): ReadonlyMap<number, NodeMemory> {
  let left = block.bytes
  return changed(nodes, block.nodes, ({ assignments, cells, tables }, id) => {
    const given = Math.min(left, tables.get(block.resource)?.reserved ?? 0)
    left -= given
    const tablesLeft = moved(tables, block.resource, -given)
    return { assignments: assignments - 1, cells: assignments === 1 ? [id] : cells, tables: tablesLeft }
  })
}

function changed(
  nodes: ReadonlyMap<number, NodeMemory>,
  ids: readonly number[],
  change: (node: NodeMemory, id: number) => NodeMemory,
): ReadonlyMap<number, NodeMemory> {
  const next = new Map(nodes)
  for (const id of ids) {
    const node = next.get(id)
    if (node !== undefined) next.set(id, change(node, id))
  }
  return next
}

function moved(tables: NodeMemory["tables"], resource: string, bytes: number): NodeMemory["tables"] {
  const table = tables.get(resource)
  if (table === undefined || bytes === 0) return tables
  return new Map(tables).set(resource, { ...table, free: table.free - bytes, reserved: table.reserved + bytes })
}

/** What the containers' blocks make of empty nodes. Throws an `Error` for blocks of what the machine does not have. */
export function accountFor(
  empty: ReadonlyMap<number, NodeMemory>,
  assigned: MemoryState["assigned"],
): ReadonlyMap<number, NodeMemory> {
  let nodes = empty
  for (const [pod, containers] of assigned) {
    for (const [container, blocks] of containers) {
      for (const block of blocks) {
        const where = `[memorymanager] (pod: ${pod}, container: ${container}) the memory assignment uses`
        for (const id of block.nodes) {
          if (!empty.has(id)) throw new Error(`${where} the NUMA that does not exist`)
          if (!empty.get(id)?.tables.has(block.resource))
            throw new Error(`${where} memory resource that does not exist`)
        }
        nodes = reserve(nodes, block, block.bytes)
      }
    }
  }
  return nodes
}

/** Whether two accounts are of the same machine, and of the same amounts in each group of nodes. */
export function sameMemory(one: ReadonlyMap<number, NodeMemory>, other: ReadonlyMap<number, NodeMemory>): boolean {
  if (one.size !== other.size) return false
  return [...one].every(([id, node]) => {
    const match = other.get(id)
    if (match === undefined || node.assignments !== match.assignments || node.tables.size !== match.tables.size)
      return false
    if (sorted(node.cells) !== sorted(match.cells)) return false
    return [...node.tables].every(([resource, table]) => {
      const found = match.tables.get(resource)
      const isSame = (["total", "systemReserved", "allocatable"] as const).every(
        (field) => table[field] === found?.[field],
      )
      return isSame && sumOf(one, node.cells, resource) === sumOf(other, node.cells, resource)
    })
  })
}

const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b).join()

function sumOf(nodes: ReadonlyMap<number, NodeMemory>, ids: readonly number[], resource: string): string {
  const tables = ids.flatMap((id) => nodes.get(id)?.tables.get(resource) ?? [])
  return `${tables.reduce((sum, { free }) => sum + free, 0)}/${tables.reduce((sum, { reserved }) => sum + reserved, 0)}`
}
