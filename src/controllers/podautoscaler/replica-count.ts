import type { Pod } from "../../api/core/v1/pod.ts"
import { parseQuantity, quantityMilliValue } from "../../machinery/quantity/quantity.ts"

/**
 * How many pods a measure asks for. Amounts are in thousandths.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
export interface Sample {
  readonly value: number
  readonly atMs: number
  /** Over which time it was taken. */
  readonly windowMs: number
}
export type Samples = ReadonlyMap<string, Sample>

/** Within these parts of the target nothing is done. */
export interface Tolerances {
  readonly up: number
  readonly down: number
}

export interface Proposal {
  readonly replicas: number
  /** What was measured: each pod's average, or the whole. */
  readonly usage: number
  /** In percent of what is requested. */
  readonly utilization?: number
}

/** A measure that cannot be used; its message is shown. */
export class MeasureError extends Error {
  override readonly name = "MeasureError"
}

const isWithin = (ratio: number, { up, down }: Tolerances): boolean => 1 - down <= ratio && ratio <= 1 + up

/** For so long after its start a pod's use of cpu says little. */
const CPU_INITIALIZATION_MS = 300_000
const INITIAL_READINESS_MS = 30_000

interface Groups {
  readonly ready: number
  /** They take part with nothing when there should be more. */
  readonly unready: ReadonlySet<string>
  readonly missing: ReadonlySet<string>
  readonly ignored: ReadonlySet<string>
}

function groupPods(pods: readonly Pod[], samples: Samples, resource: string, nowMs: number): Groups {
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let ready = 0
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata
    const sample = samples.get(name)
    if (deletionTimestamp !== undefined || pod.status.phase === "Failed") ignored.add(name)
    else if (pod.status.phase === "Pending") unready.add(name)
    else if (sample === undefined) missing.add(name)
    else if (resource === "cpu" && isStarting(pod, sample, nowMs)) unready.add(name)
    else ready++
  }
  return { ready, unready, missing, ignored }
}

function isStarting({ status }: Pod, sample: Sample, nowMs: number): boolean {
  const condition = status.conditions?.find(({ type }) => type === "Ready")
  if (condition === undefined || status.startTime === undefined) return true
  const startedMs = Date.parse(status.startTime)
  const changedMs = Date.parse(condition.lastTransitionTime ?? status.startTime)
  const isUnready = condition.status === "False"
  if (startedMs + CPU_INITIALIZATION_MS > nowMs) return isUnready || sample.atMs < changedMs + sample.windowMs
  return isUnready && startedMs + INITIAL_READINESS_MS > changedMs
}

interface Measured {
  readonly ratio: number
  readonly usage: number
  readonly utilization?: number
}

/** By the use of a resource, in percent of what pods request. */
export function byUtilization(
  input: PodInput & { readonly resource: string; readonly container: string },
  targetPercent: number,
): Proposal {
  const requests = new Map(
    input.pods.map((pod) => [pod.metadata.name, requestOf(pod, input.container, input.resource)] as const),
  )
  const measure = (samples: Samples): Measured => {
    const known = [...samples].filter(([name]) => requests.has(name))
    const used = known.reduce((sum, [, { value }]) => sum + value, 0)
    const requested = known.reduce((sum, [name]) => sum + (requests.get(name) ?? 0), 0)
    if (requested === 0) throw new MeasureError("no metrics returned matched known pods")
    const utilization = Math.trunc((used * 100) / requested)
    return { ratio: utilization / targetPercent, utilization, usage: Math.trunc(used / known.length) }
  }
  const fallback = Math.max(100, targetPercent) / 100
  return propose(input, measure, (name) => Math.trunc((requests.get(name) ?? 0) * fallback))
}

/** By each pod's average of anything. */
export function byAverage(input: PodInput & { readonly resource: string }, target: number): Proposal {
  const measure = (samples: Samples): Measured => {
    const usage = Math.trunc([...samples.values()].reduce((sum, { value }) => sum + value, 0) / samples.size)
    return { ratio: usage / target, usage }
  }
  return propose(input, measure, () => target)
}

export interface PodInput {
  readonly current: number
  readonly pods: readonly Pod[]
  readonly samples: Samples
  readonly tolerances: Tolerances
  readonly nowMs: number
  readonly resource: string
}

function propose(
  { current, pods, samples, tolerances, nowMs, resource }: PodInput,
  measure: (samples: Samples) => Measured,
  fallbackFor: (pod: string) => number,
): Proposal {
  if (pods.length === 0) throw new MeasureError("no pods returned by selector while calculating replica count")
  const { ready, unready, missing, ignored } = groupPods(pods, samples, resource, nowMs)
  const counted = new Map([...samples].filter(([name]) => !ignored.has(name) && !unready.has(name)))
  if (counted.size === 0) {
    throw new MeasureError("did not receive metrics for targeted pods (pods might be unready)")
  }
  const { ratio, ...told } = measure(counted)
  const growsPastUnready = unready.size > 0 && ratio > 1
  if (!growsPastUnready && missing.size === 0) {
    return { ...told, replicas: isWithin(ratio, tolerances) ? current : Math.ceil(ratio * ready) }
  }
  // What is not known is taken to speak against the change.
  const assume = (names: ReadonlySet<string>, value: (name: string) => number): void => {
    for (const name of names) counted.set(name, { value: value(name), atMs: nowMs, windowMs: 0 })
  }
  if (ratio < 1) assume(missing, fallbackFor)
  else if (ratio > 1) assume(missing, () => 0)
  if (growsPastUnready) assume(unready, () => 0)
  const { ratio: cautious } = measure(counted)
  const turns = (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1)
  if (isWithin(cautious, tolerances) || turns) return { ...told, replicas: current }
  const replicas = Math.ceil(cautious * counted.size)
  const reverses = (cautious < 1 && replicas > current) || (cautious > 1 && replicas < current)
  return { ...told, replicas: reverses ? current : replicas }
}

/** In thousandths. */
function requestOf({ spec, metadata }: Pod, container: string, resource: string): number {
  const ofPod = spec.resources?.requests
  const milli = (text: string) => quantityMilliValue(parseQuantity(text))
  if (container === "" && ofPod !== undefined && Object.keys(ofPod).length > 0) {
    const text = ofPod[resource]
    if (text === undefined) throw new MeasureError(`missing pod-level request for ${resource} in Pod ${metadata.name}`)
    return milli(text)
  }
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")
  const counted = [...spec.containers, ...sidecars].filter(({ name }) => container === "" || name === container)
  if (counted.length === 0) throw new MeasureError(`container ${container} not found in Pod ${metadata.name}`)
  return counted.reduce((sum, { name, resources }) => {
    const text = resources?.requests?.[resource]
    if (text === undefined) {
      throw new MeasureError(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`)
    }
    return sum + milli(text)
  }, 0)
}

const INT32_MAX = 2_147_483_647

/** By a value of the whole, such as the length of a queue. */
export function byValue(
  usage: number,
  target: number,
  { current, pods, tolerances }: Pick<PodInput, "current" | "pods" | "tolerances">,
): Proposal {
  const ratio = usage / target
  if (current === 0) return { usage, replicas: Math.min(INT32_MAX, Math.ceil(ratio)) }
  if (isWithin(ratio, tolerances)) return { usage, replicas: current }
  if (pods.length === 0) {
    throw new MeasureError(
      "unable to calculate ready pods: no pods returned by selector while calculating replica count",
    )
  }
  const isReady = ({ status }: Pod) =>
    status.phase === "Running" && status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True")
  return { usage, replicas: Math.min(INT32_MAX, Math.ceil(ratio * pods.filter(isReady).length)) }
}

/** By a value of the whole that is shared by the pods. */
export function byShare(usage: number, target: number, running: number, tolerances: Tolerances): Proposal {
  const replicas = isWithin(usage / (target * running), tolerances)
    ? running
    : Math.min(INT32_MAX, Math.ceil(usage / target))
  return { replicas, usage: running === 0 ? 0 : Math.ceil(usage / running) }
}
