import type { Cpu } from "../../platform/linux/machine-topology.ts"
import { AllocationError } from "../topology/hint-provider.ts"
import { type CpuGroup, type CpuSet, type CpuTopology, cpusIn, cpusOf, idsOf, numbersOf } from "./cpu-topology.ts"

export interface Taking {
  /** Whole cores, then what is left of others; or CPUs of as many cores as there are. */
  readonly sorting: "packed" | "spread"
  /** CPUs that share a cache rather than those that do not. */
  readonly alignCaches: boolean
}

/**
 * Takes `count` of the available CPUs that lie near each other: whole sockets and NUMA nodes as long as so many are
 * needed, then whole cores, then single CPUs; always from where the least is left, so that what stays free lies together.
 * Throws an `AllocationError` when there are fewer.
 */
export function takePacked(topology: CpuTopology, available: CpuSet, count: number, how: Taking): Set<number> {
  const taker = new CpuTaker(topology, available, count, how.sorting)
  if (taker.isDone) return taker.taken
  taker.refuseShortage(count, available.size)
  const nodesAreLarger = topology.socketCount >= topology.nodes.length
  for (const group of nodesAreLarger ? (["node", "socket"] as const) : (["socket", "node"] as const)) {
    taker.takeWhole(group)
    if (taker.isDone) return taker.taken
  }
  if (how.alignCaches) taker.takeOfCaches()
  if (how.sorting === "packed" && !taker.isDone) taker.takeWhole("core")
  if (!taker.isDone) taker.takeSingle()
  if (!taker.isDone) throw new AllocationError("failed to allocate cpus")
  return taker.taken
}

/** What is taken so far, and what is left to take from. */
export class CpuTaker {
  readonly taken = new Set<number>()
  readonly #topology: CpuTopology
  readonly #sorting: Taking["sorting"]
  #free: readonly Cpu[]
  #needed: number

  constructor(topology: CpuTopology, available: CpuSet, count: number, sorting: Taking["sorting"]) {
    this.#topology = topology
    this.#sorting = sorting
    this.#free = cpusOf(topology, available)
    this.#needed = count
  }

  get isDone(): boolean {
    return this.#needed < 1
  }

  get needed(): number {
    return this.#needed
  }

  get free(): readonly Cpu[] {
    return this.#free
  }

  refuseShortage(requested: number, available: number): void {
    if (this.#needed <= this.#free.length) return
    const counts = `requested=${requested}, available=${available}`
    throw new AllocationError(`not enough cpus available to satisfy request: ${counts}`)
  }

  take(cpus: ReadonlySet<number>): void {
    for (const cpu of cpus) this.taken.add(cpu)
    this.#free = this.#free.filter(({ id }) => !this.taken.has(id))
    this.#needed -= cpus.size
  }

  /** Groups none of whose CPUs is in use, as long as all of one is needed. */
  takeWhole(group: CpuGroup): void {
    const whole = this.#sorted(group).filter((id) => cpusIn(this.#free, group, id).length === this.#sizeOf(group, id))
    for (const id of whole) {
      const cpus = numbersOf(cpusIn(this.#topology.cpus.values(), group, id))
      if (this.#needed >= cpus.size) this.take(cpus)
    }
  }

  takeOfCaches(): void {
    for (const cache of this.#sorted("cache")) {
      if (this.#needed >= this.#topology.perCache) this.takeWhole("cache")
      if (this.isDone) return
      this.#takeOfCache(cache)
      if (this.isDone) return
    }
  }

  takeSingle(): void {
    for (const cpu of this.#singles()) {
      this.take(new Set([cpu]))
      if (this.isDone) return
    }
  }

  /** In the order in which they are to be used up. */
  nodes(): number[] {
    return this.#sorted("node")
  }

  /** All that is still needed from one cache, or nothing: whole cores, and one thread of the last when the number is odd. */
  #takeOfCache(cache: number): void {
    const { perCore } = this.#topology
    const cores = idsOf(cpusIn(this.#free, "cache", cache), "core").slice(0, Math.ceil(this.#needed / perCore))
    let cpus = [...numbersOf(cpusIn(this.#free, "core", ...cores))].sort((a, b) => a - b)
    if (this.#needed % 2 !== 0 && perCore > 1 && cpus.length > this.#needed) cpus = cpus.slice(0, -1)
    if (cpus.length === this.#needed) this.take(new Set(cpus))
  }

  /** Machines with cores of several sorts count as if all were the average one, as in Kubernetes. */
  #sizeOf(group: CpuGroup, id: number): number {
    const { cpus, perCore, perSocket } = this.#topology
    if (group === "core") return perCore
    if (group === "socket") return perSocket
    return cpusIn(cpus.values(), group, id).length
  }

  #singles(): number[] {
    const [group, ids] =
      this.#sorting === "packed"
        ? (["core", this.#sorted("core")] as const)
        : (["socket", this.#sorted("socket")] as const)
    return ids.flatMap((id) => [...numbersOf(cpusIn(this.#free, group, id))].sort((a, b) => a - b))
  }

  /** Groups with free CPUs, those of the same larger group together, and each time those with the fewest first. */
  #sorted(group: CpuGroup): number[] {
    const larger = this.#largerThan(group)
    if (larger === undefined) return this.#byFree(group, this.#free)
    return this.#sorted(larger).flatMap((id) => this.#byFree(group, cpusIn(this.#free, larger, id)))
  }

  #largerThan(group: CpuGroup): CpuGroup | undefined {
    const { nodes, socketCount } = this.#topology
    const [outer, inner] = socketCount >= nodes.length ? (["node", "socket"] as const) : (["socket", "node"] as const)
    if (group === outer) return undefined
    if (group === inner) return outer
    return group === "cache" ? "node" : inner
  }

  #byFree(group: CpuGroup, among: readonly Cpu[]): number[] {
    const countOf = (id: number) => cpusIn(this.#free, group, id).length
    return idsOf(among, group).sort((a, b) => countOf(a) - countOf(b) || a - b)
  }
}
