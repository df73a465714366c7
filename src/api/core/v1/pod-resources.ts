import { parseQuantity, quantityMilliValue, quantityValue } from "../../../machinery/quantity/quantity.ts"
import type { Pod } from "./pod.ts"

/**
 * How much a pod asks for, as the scheduler and the kubelet count it: cpu in thousandths of a core, everything else in
 * its own unit (bytes, pieces), rounded up.
 */
export type Amounts = ReadonlyMap<string, number>
type Quantities = Readonly<Record<string, string>> | undefined

/** One amount by resource name. Throws `QuantityError` for text that validation would have refused. */
export function amountOf(resource: string, quantity: string): number {
  const parsed = parseQuantity(quantity)
  return resource === "cpu" ? quantityMilliValue(parsed) : quantityValue(parsed)
}

export function amountsOf(quantities: Quantities): Map<string, number> {
  return new Map(Object.entries(quantities ?? {}).map(([name, quantity]) => [name, amountOf(name, quantity)]))
}

/** Cpu, memory and huge pages can be given for the pod as a whole; other resources only for containers. */
export const isPodLevelResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || name.startsWith("hugepages-")

/**
 * The sum of a pod's requests: the larger of what its containers need together and of what any moment of its start
 * needs (an init container next to the sidecars started before it), plus overhead.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 * `whenMissing` stands in for containers that request nothing of a resource.
 */
export function podRequests(pod: Pod, whenMissing?: Amounts): Map<string, number> {
  return podTotal(pod, "requests", NUMBERS, whenMissing && { whenMissing })
}

/** How amounts are read and combined. */
export interface Arithmetic<A> {
  parse(resource: string, text: string): A
  add(left: A, right: A): A
  larger(left: A, right: A): A
  isZero(amount: A): boolean
}

const NUMBERS: Arithmetic<number> = {
  parse: amountOf,
  add: (left, right) => left + right,
  larger: Math.max,
  isZero: (amount) => amount === 0,
}

export interface TotalOptions<A> {
  readonly whenMissing?: ReadonlyMap<string, A>
  /** Only what the manifest asks for: neither what is in force after a resize, nor overhead. */
  readonly specOnly?: boolean
}

/** The requests or limits of a pod in all, in any arithmetic. */
export function podTotal<A>(
  { spec, status }: Pick<Pod, "spec" | "status">,
  which: "requests" | "limits",
  arithmetic: Arithmetic<A>,
  { whenMissing, specOnly = false }: TotalOptions<A> = {},
): Map<string, A> {
  const { add: plus, larger, parse, isZero } = arithmetic
  const read = (quantities: Quantities) =>
    new Map(Object.entries(quantities ?? {}).map(([name, quantity]) => [name, parse(name, quantity)]))
  const combine = (to: Map<string, A>, amounts: ReadonlyMap<string, A>, how: (left: A, right: A) => A): void => {
    for (const [name, amount] of amounts) {
      const before = to.get(name)
      to.set(name, before === undefined ? amount : how(before, amount))
    }
  }
  const inForce = specOnly ? undefined : resourcesInForce(status)
  const ofContainer = (container: Pod["spec"]["containers"][number], mayResize: boolean): Map<string, A> => {
    const running = mayResize ? inForce?.of(container.name) : undefined
    const total = inForce?.infeasible && running !== undefined ? new Map() : read(container.resources?.[which])
    // While a resize is under way the node holds the larger of what is wanted, promised and in force.
    if (running !== undefined) {
      combine(total, read(running.resources?.[which]), larger)
      if (which === "requests") combine(total, read(running.allocatedResources), larger)
    }
    for (const [name, amount] of whenMissing ?? []) if (!total.has(name)) total.set(name, amount)
    return total
  }

  const total = new Map<string, A>()
  for (const container of spec.containers) combine(total, ofContainer(container, true), plus)
  const sidecars = new Map<string, A>()
  const starting = new Map<string, A>()
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === "Always"
    const amounts = ofContainer(container, isSidecar)
    if (isSidecar) combine(total, amounts, plus)
    combine(isSidecar ? sidecars : amounts, isSidecar ? amounts : sidecars, plus)
    combine(starting, isSidecar ? sidecars : amounts, larger)
  }
  combine(total, starting, larger)
  for (const [name, amount] of read(spec.resources?.[which])) if (isPodLevelResource(name)) total.set(name, amount)
  if (specOnly) return total
  for (const [name, amount] of read(spec.overhead)) {
    const before = total.get(name)
    // Where there is no limit, overhead does not make one.
    if (which === "limits" && (before === undefined || isZero(before))) continue
    total.set(name, before === undefined ? amount : plus(before, amount))
  }
  return total
}

function resourcesInForce(status: Pod["status"]) {
  const containers = new Map<string, ContainerStatus>()
  for (const one of status.containerStatuses ?? []) if (one.resources) containers.set(one.name, one)
  for (const one of status.initContainerStatuses ?? []) if (one.resources) containers.set(one.name, one)
  if (containers.size === 0) return undefined
  const infeasible = status.conditions?.find(({ type }) => type === "PodResizePending")?.reason === "Infeasible"
  return { of: (name: string) => containers.get(name), infeasible }
}
type ContainerStatus = NonNullable<Pod["status"]["containerStatuses"]>[number]

export function add(to: Map<string, number>, amounts: Amounts): void {
  for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + amount)
}
