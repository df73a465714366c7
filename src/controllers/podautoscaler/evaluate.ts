import type { HorizontalPodAutoscaler } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import type { MetricSpec, MetricTarget } from "../../api/autoscaling/v2/metric-spec.ts"
import type { MetricStatus } from "../../api/autoscaling/v2/metric-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { LabelSelector } from "../../machinery/meta/label-selector.ts"
import {
  formatQuantity,
  milliQuantityOf,
  parseQuantity,
  quantityMilliValue,
} from "../../machinery/quantity/quantity.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import type { Measures } from "./measures.ts"
import {
  byAverage,
  byShare,
  byUtilization,
  byValue,
  MeasureError,
  type Proposal,
  type Tolerances,
} from "./replica-count.ts"

/** The workload whose size is decided. */
export interface Target {
  readonly namespace: string
  /** What its scale says it should have, and what it has. */
  readonly wanted: number
  readonly running: number
  readonly selector: string
  readonly pods: readonly Pod[]
}

export interface Evaluated {
  readonly proposal: Proposal
  /** What the decision is based on, in words. */
  readonly what: string
  readonly status: MetricStatus
}

/** Why a measure says nothing: the reason of the condition, and two texts, one within the other. */
export class EvaluationError extends Error {
  readonly reason: string
  readonly inner: string

  constructor(reason: string, inner: string, message: string) {
    super(message)
    this.name = "EvaluationError"
    this.reason = reason
    this.inner = inner
  }
}

const TOLERANCE = 0.1

export function tolerancesOf({ spec }: Pick<HorizontalPodAutoscaler, "spec">): Tolerances {
  const of = (text: string | undefined) =>
    text === undefined ? TOLERANCE : quantityMilliValue(parseQuantity(text)) / 1000
  return { up: of(spec.behavior?.scaleUp?.tolerance), down: of(spec.behavior?.scaleDown?.tolerance) }
}

const milli = (text: string): number => quantityMilliValue(parseQuantity(text))
const decimal = (value: number): string => formatQuantity(milliQuantityOf(Math.trunc(value), "DecimalSI"))
const selectorText = (selector: LabelSelector | undefined): string =>
  selector === undefined ? "" : `${compileLabelSelector(selector)}`

interface Inputs {
  readonly target: Target
  readonly tolerances: Tolerances
  readonly measures: Measures
  readonly nowMs: number
}

/** How many pods one measure asks for. Throws `EvaluationError`. */
export async function evaluate(metric: MetricSpec, inputs: Inputs): Promise<Evaluated> {
  switch (metric.type) {
    case "Resource":
      return attempt("FailedGetResourceMetric", `failed to get ${metric.resource?.name} resource metric value`, () =>
        ofResource(metric, inputs),
      )
    case "ContainerResource":
      return attempt(
        "FailedGetContainerResourceMetric",
        `failed to get ${metric.containerResource?.container} container metric value`,
        () => ofResource(metric, inputs),
      )
    case "Pods":
      return attempt("FailedGetPodsMetric", "failed to get pods metric value", () => ofPods(metric, inputs))
    case "Object":
      return attempt("FailedGetObjectMetric", "failed to get object metric value", () => ofObject(metric, inputs))
    case "External":
      return attempt(
        "FailedGetExternalMetric",
        `failed to get ${metric.external?.metric.name} external metric value`,
        () => ofExternal(metric, inputs),
      )
    default: {
      const text = `unknown metric source type ${JSON.stringify(metric.type)}`
      throw new EvaluationError("InvalidMetricSourceType", text, text)
    }
  }
}

async function attempt(reason: string, about: string, run: () => Promise<Evaluated>): Promise<Evaluated> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof MeasureError)) throw error
    throw new EvaluationError(reason, error.message, `${about}: ${error.message}`)
  }
}

/** Puts what failed before the message. */
async function about<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof MeasureError) throw new MeasureError(`${what}: ${error.message}`)
    throw error
  }
}

async function ofResource(metric: MetricSpec, inputs: Inputs): Promise<Evaluated> {
  const source = metric.containerResource ?? metric.resource
  if (source === undefined) throw new MeasureError("the metric source is missing")
  const { name: resource, target } = source
  const container = metric.containerResource?.container ?? ""
  const { namespace, selector } = inputs.target
  const isUtilization = target.averageValue === undefined
  if (isUtilization && target.averageUtilization === undefined) {
    throw new MeasureError(
      "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set",
    )
  }
  const proposal = await about(`failed to get ${resource} ${isUtilization ? "utilization" : "usage"}`, async () => {
    const samples = await about(`unable to get metrics for resource ${resource}`, () =>
      inputs.measures.ofResource(resource, namespace, selector, container),
    )
    const input = { ...podInput(inputs), samples, resource, container }
    return target.averageValue === undefined
      ? byUtilization(input, target.averageUtilization ?? 0)
      : byAverage(input, milli(target.averageValue))
  })
  const format = resource === "memory" ? "BinarySI" : "DecimalSI"
  const current = {
    averageValue: formatQuantity(milliQuantityOf(Math.trunc(proposal.usage), format)),
    ...(proposal.utilization !== undefined && { averageUtilization: proposal.utilization }),
  }
  const kind = metric.type === "ContainerResource" ? `${resource} container resource` : `${resource} resource`
  const what = isUtilization ? `${kind} utilization (percentage of request)` : `${resource} resource`
  const status =
    metric.type === "ContainerResource"
      ? { type: metric.type, containerResource: { name: resource, container, current } }
      : { type: metric.type, resource: { name: resource, current } }
  return { proposal, what, status }
}

const podInput = ({ target, tolerances, nowMs }: Inputs) => ({
  current: target.wanted,
  pods: target.pods,
  tolerances,
  nowMs,
})

async function ofPods({ type, pods }: MetricSpec, inputs: Inputs): Promise<Evaluated> {
  if (pods?.target.averageValue === undefined) throw new MeasureError("the metric source is missing")
  const { metric, target } = pods
  const { namespace, selector } = inputs.target
  const samples = await about(`unable to get metric ${metric.name}`, () =>
    inputs.measures.ofPods(metric.name, namespace, selector, selectorText(metric.selector)),
  )
  const proposal = byAverage({ ...podInput(inputs), samples, resource: "" }, milli(target.averageValue ?? "0"))
  const current = { averageValue: decimal(proposal.usage) }
  return { proposal, what: `pods metric ${metric.name}`, status: { type, pods: { metric, current } } }
}

async function ofObject({ type, object }: MetricSpec, inputs: Inputs): Promise<Evaluated> {
  if (object === undefined) throw new MeasureError("the metric source is missing")
  const { metric, target, describedObject } = object
  const { namespace } = inputs.target
  const read = () =>
    about(`unable to get metric ${metric.name}: on ${describedObject.kind} ${namespace}/${describedObject.name}`, () =>
      inputs.measures.ofObject(metric.name, namespace, describedObject, selectorText(metric.selector)),
    )
  const { proposal, current } = await ofWhole(target, inputs, read, "object")
  const what = current.value === undefined ? externalName(metric) : `${describedObject.kind} metric ${metric.name}`
  return { proposal, what, status: { type, object: { describedObject, metric, current } } }
}

async function ofExternal({ type, external }: MetricSpec, inputs: Inputs): Promise<Evaluated> {
  if (external === undefined) throw new MeasureError("the metric source is missing")
  const { metric, target } = external
  const read = () =>
    about(`unable to get external metric ${inputs.target.namespace}/${metric.name}`, () =>
      inputs.measures.external(metric.name, inputs.target.namespace, selectorText(metric.selector)),
    )
  const { proposal, current } = await ofWhole(target, inputs, read, "external")
  return { proposal, what: externalName(metric), status: { type, external: { metric, current } } }
}

const externalName = ({ name, selector }: { readonly name: string; readonly selector?: LabelSelector }): string =>
  `external metric ${name}(${selector === undefined ? "nil" : selectorText(selector)})`

interface Current {
  value?: string
  averageValue?: string
}

async function ofWhole(
  target: MetricTarget,
  { target: workload, tolerances }: Inputs,
  read: () => Promise<number>,
  source: string,
): Promise<{ readonly proposal: Proposal; readonly current: Current }> {
  if (target.averageValue !== undefined) {
    const proposal = byShare(await read(), milli(target.averageValue), workload.running, tolerances)
    return { proposal, current: { averageValue: decimal(proposal.usage) } }
  }
  if (target.value === undefined) {
    throw new MeasureError(
      `invalid ${source} metric source: neither a value target nor an average value target was set`,
    )
  }
  const input = { current: workload.wanted, pods: workload.pods, tolerances }
  const proposal = byValue(await read(), milli(target.value), input)
  return { proposal, current: { value: decimal(proposal.usage) } }
}
