import type { Cpu, MachineTopology } from "../../platform/linux/machine-topology.ts"

/** What CPUs are grouped by. */
export type CpuGroup = "node" | "socket" | "cache" | "core"

export type CpuSet = ReadonlySet<number>

/** Which CPUs lie where. */
export interface CpuTopology {
  readonly cpus: ReadonlyMap<number, Cpu>
  readonly nodes: readonly number[]
  readonly socketCount: number
  /** Threads of a core. */
  readonly perCore: number
  readonly perSocket: number
  readonly perCache: number
}

export function cpuTopology({ cpus }: Pick<MachineTopology, "cpus">): CpuTopology {
  const per = (group: CpuGroup) => Math.floor(cpus.length / Math.max(idsOf(cpus, group).length, 1))
  return {
    cpus: new Map(cpus.map((cpu) => [cpu.id, cpu])),
    nodes: idsOf(cpus, "node"),
    socketCount: idsOf(cpus, "socket").length,
    perCore: per("core"),
    perSocket: per("socket"),
    perCache: per("cache"),
  }
}

/** Ascending. */
export function idsOf(cpus: Iterable<Cpu>, group: CpuGroup): number[] {
  return [...new Set(Array.from(cpus, (cpu) => cpu[group]))].sort((a, b) => a - b)
}

/** The CPUs that lie in one of the groups. */
export function cpusIn(cpus: Iterable<Cpu>, group: CpuGroup, ...ids: readonly number[]): Cpu[] {
  return Array.from(cpus).filter((cpu) => ids.includes(cpu[group]))
}

export function numbersOf(cpus: Iterable<Cpu>): Set<number> {
  return new Set(Array.from(cpus, ({ id }) => id))
}

export function cpusOf({ cpus }: CpuTopology, numbers: CpuSet): Cpu[] {
  return [...cpus.values()].filter(({ id }) => numbers.has(id))
}

export function allCpus({ cpus }: CpuTopology): Set<number> {
  return new Set(cpus.keys())
}

/** The CPUs and everything else that runs on their cores. */
export function withSiblings(topology: CpuTopology, numbers: CpuSet): Set<number> {
  const cores = idsOf(cpusOf(topology, numbers), "core")
  return numbersOf(cpusIn(topology.cpus.values(), "core", ...cores))
}

/** Whether they share one of the caches that only a part of a node shares. */
export function shareCache(topology: CpuTopology, numbers: CpuSet): boolean {
  return idsOf(cpusOf(topology, numbers), "cache").length <= 1
}
