import type { MachineTopology } from "../../../platform/linux/machine-topology.ts"

export interface MachineShape {
  readonly sockets: number
  readonly nodes: number
  /** Of the machine; their first threads are numbered first, as most firmware does. */
  readonly cores: number
  readonly threads: number
  readonly coresPerCache?: number
  readonly memoryBytes?: number
}

export function machineOf(shape: MachineShape): MachineTopology {
  const { cores, coresPerCache = cores, memoryBytes = 0, nodes, sockets, threads } = shape
  return {
    cpus: Array.from({ length: cores * threads }, (_, id) => {
      const core = id % cores
      const of = (parts: number) => Math.floor((core * parts) / cores)
      return { id, core, socket: of(sockets), node: of(nodes), cache: Math.floor(core / coresPerCache) }
    }),
    nodes: Array.from({ length: nodes }, (_, id) => ({
      id,
      memoryBytes,
      hugepages: new Map(),
      distances: Array.from({ length: nodes }, (_, other) => (other === id ? 10 : 10 + 10 * Math.abs(other - id))),
    })),
  }
}

/** Two sockets of two NUMA nodes of four cores of two threads; each node has a cache. */
export const large = machineOf({
  sockets: 2,
  nodes: 4,
  cores: 16,
  threads: 2,
  coresPerCache: 4,
  memoryBytes: 1024 ** 3,
})
/** Two CPUs, as in a small virtual machine. */
export const small = machineOf({ sockets: 1, nodes: 1, cores: 2, threads: 1, memoryBytes: 1024 ** 3 })
/** A node with two caches. */
export const caches = machineOf({ sockets: 1, nodes: 1, cores: 8, threads: 2, coresPerCache: 4 })
/** Nodes of two sockets each. */
export const merged = machineOf({ sockets: 4, nodes: 2, cores: 8, threads: 2, coresPerCache: 2 })
