import type { Scale } from "../../api/autoscaling/v1/scale.ts"
import {
  HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerCondition,
} from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import type { MetricStatus } from "../../api/autoscaling/v2/metric-status.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { parseLabelSelector } from "../../machinery/selectors/parse-label-selector.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { withCondition } from "./conditions.ts"
import { type Evaluated, EvaluationError, evaluate, type Target, tolerancesOf } from "./evaluate.ts"
import { limitReplicas, type Memory, NO_MEMORY, rememberChange } from "./limits.ts"
import { createMeasures } from "./measures.ts"
import { findScale, readScale, rescale } from "./target-scale.ts"

/** How often each autoscaler looks. */
const PERIOD_MS = 15_000

const ANY_METRIC = { resources: ["*"], verbs: ["get", "list", "watch"] }

/**
 * Fits the number of pods to what they have to do.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
export const podAutoscalerController = defineController({
  name: "horizontal-pod-autoscaler",
  reads: [HorizontalPodAutoscaler, Pod],
  writes: [{ resource: HorizontalPodAutoscaler, subresource: "status", verbs: ["update"] }],
  rights: [
    { apiGroups: ["*"], resources: ["*/scale"], verbs: ["get", "update"] },
    { apiGroups: ["metrics.k8s.io"], resources: ["pods"], verbs: ["list", "watch"] },
    { apiGroups: ["custom.metrics.k8s.io"], ...ANY_METRIC },
    { apiGroups: ["external.metrics.k8s.io"], ...ANY_METRIC },
  ],
  start(context) {
    const memories = new Map<string, Memory>()
    /** By autoscaler: the pods that it counts. */
    const selectors = new Map<string, string>()
    context.enqueueOn(HorizontalPodAutoscaler, (change) => {
      if (change.type === "updated" && deepEqual(change.object.spec, change.previous.spec)) return []
      return [keyOf(change.object)]
    })
    return async (key) => {
      const autoscaler = context.informer(HorizontalPodAutoscaler).get(key)
      if (autoscaler === undefined) {
        memories.delete(key)
        selectors.delete(key)
        return undefined
      }
      await new Reconciliation(context, autoscaler, memories, selectors).run()
      return { againAfterMs: PERIOD_MS }
    }
  },
})

type Status = HorizontalPodAutoscaler["status"]
/** One look at one autoscaler. */
class Reconciliation {
  readonly #context: ControllerContext
  readonly #autoscaler: HorizontalPodAutoscaler
  readonly #memories: Map<string, Memory>
  readonly #selectors: Map<string, string>
  readonly #key: string
  readonly #nowMs: number
  #conditions: readonly HorizontalPodAutoscalerCondition[]

  constructor(
    context: ControllerContext,
    autoscaler: HorizontalPodAutoscaler,
    memories: Map<string, Memory>,
    selectors: Map<string, string>,
  ) {
    this.#context = context
    this.#autoscaler = autoscaler
    this.#memories = memories
    this.#selectors = selectors
    this.#key = keyOf(autoscaler)
    this.#nowMs = context.platform.clock.nowMs()
    this.#conditions = autoscaler.status.conditions ?? []
  }

  async run(): Promise<void> {
    const { spec, status } = this.#autoscaler
    let path: string
    let scale: Scale
    try {
      path = (await findScale(this.#context.client, this.#autoscaler.metadata.namespace, spec.scaleTargetRef)).path
      scale = await readScale(this.#context.client, path)
    } catch (error) {
      const text = messageOf(error)
      this.#warn("FailedGetScale", text)
      this.#set(
        "AbleToScale",
        false,
        "FailedGetScale",
        `the HPA controller was unable to get the target's current scale: ${text}`,
      )
      return this.#write({ ...status })
    }
    this.#set("AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
    const current = scale.spec.replicas ?? 0
    const memory = this.#memories.get(this.#key) ?? {
      ...NO_MEMORY,
      recommendations: [{ replicas: current, atMs: this.#nowMs }],
    }
    this.#memories.set(this.#key, memory)
    const decision = await this.#decide(scale, current, memory)
    if (decision.replicas === undefined) {
      return this.#write({ ...status, currentReplicas: current, currentMetrics: decision.metrics })
    }
    const { replicas, metrics, why } = decision
    if (replicas !== current) {
      try {
        await rescale(this.#context.client, path, replicas)
      } catch (error) {
        const text = messageOf(error)
        this.#warn("FailedRescale", `New size: ${replicas}; reason: ${why}; error: ${text}`)
        this.#set(
          "AbleToScale",
          false,
          "FailedUpdateScale",
          `the HPA controller was unable to update the target scale: ${text}`,
        )
        return this.#write({ ...status, currentReplicas: current, currentMetrics: metrics })
      }
      this.#set(
        "AbleToScale",
        true,
        "SucceededRescale",
        `the HPA controller was able to update the target scale to ${replicas}`,
      )
      this.#context.events.record(
        this.#autoscaler,
        "Normal",
        "SuccessfulRescale",
        `New size: ${replicas}; reason: ${why}`,
      )
      this.#remember((before) =>
        spec.behavior === undefined ? before : rememberChange(before, replicas - current, this.#nowMs),
      )
    }
    await this.#write({
      ...status,
      currentReplicas: current,
      desiredReplicas: replicas,
      currentMetrics: metrics,
      ...(replicas !== current && { lastScaleTime: timeFromMs(this.#nowMs) }),
    })
  }

  async #decide(scale: Scale, current: number, memory: Memory): Promise<Decision> {
    const { spec } = this.#autoscaler
    const lowest = spec.minReplicas ?? 1
    if (current === 0) {
      this.#set(
        "ScalingActive",
        false,
        "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero",
      )
      return { replicas: 0, metrics: [], why: "" }
    }
    if (current > spec.maxReplicas) {
      return { replicas: spec.maxReplicas, metrics: [], why: "Current number of replicas above Spec.MaxReplicas" }
    }
    if (current < lowest) {
      return { replicas: lowest, metrics: [], why: "Current number of replicas below Spec.MinReplicas" }
    }
    const selector = scale.status?.selector ?? ""
    const pods = this.#podsOf(selector)
    if (pods === undefined) return { metrics: [] }
    const { namespace } = this.#autoscaler.metadata
    const target: Target = { namespace, wanted: current, running: scale.status?.replicas ?? 0, selector, pods }
    const { best, metrics } = await this.#evaluateAll(target)
    if (best === undefined) return { metrics }
    const wanted = best.proposal.replicas
    const limited = limitReplicas(this.#autoscaler, current, wanted, memory, this.#nowMs)
    this.#memories.set(this.#key, limited.memory)
    this.#set("AbleToScale", true, ...limited.able)
    this.#set("ScalingLimited", ...limited.limited)
    const why = wanted > current ? `${best.what} above target` : wanted < current ? "All metrics below target" : ""
    return { replicas: limited.replicas, metrics, why }
  }

  /** Undefined when it is not clear which pods are meant. */
  #podsOf(selector: string): readonly Pod[] | undefined {
    if (selector === "") {
      this.#warn("SelectorRequired", "selector is required")
      this.#set("ScalingActive", false, "InvalidSelector", "the HPA target's scale is missing a selector")
      this.#failCompute("selector is required")
      return undefined
    }
    const { namespace } = this.#autoscaler.metadata
    this.#selectors.set(this.#key, selector)
    const all = this.#context.informer(Pod).list(namespace)
    const pods = all.filter(({ metadata }) => parseLabelSelector(selector).matches(metadata.labels))
    const others = [...this.#selectors]
      .filter(([key]) => key !== this.#key && key.startsWith(`${namespace}/`))
      .filter(([, other]) => pods.some(({ metadata }) => parseLabelSelector(other).matches(metadata.labels)))
      .map(([key]) => key)
    if (others.length === 0) return pods
    const names = [this.#key, ...others].sort().join(" ")
    const text = `pods by selector ${selector} are controlled by multiple HPAs: [${names}]`
    this.#warn("AmbiguousSelector", text)
    this.#set("ScalingActive", false, "AmbiguousSelector", text)
    this.#failCompute(text)
    return undefined
  }

  /** The measure that asks for most decides. A broken one only stops shrinking. */
  async #evaluateAll(
    target: Target,
  ): Promise<{ readonly best?: Evaluated; readonly metrics: readonly MetricStatus[] }> {
    const specs = this.#autoscaler.spec.metrics ?? []
    const inputs = {
      target,
      tolerances: tolerancesOf(this.#autoscaler),
      measures: createMeasures(this.#context.client),
      nowMs: this.#nowMs,
    }
    const metrics: MetricStatus[] = []
    const failures: EvaluationError[] = []
    let best: Evaluated | undefined
    for (const spec of specs) {
      try {
        const result = await evaluate(spec, inputs)
        metrics.push(result.status)
        if (best === undefined || result.proposal.replicas > best.proposal.replicas) best = result
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#warn(error.reason, error.inner)
        metrics.push({ type: "" })
        failures.push(error)
      }
    }
    const [failure] = failures
    if (failure !== undefined && (best === undefined || best.proposal.replicas < target.wanted)) {
      const text = `the HPA was unable to compute the replica count: ${failure.inner}`
      this.#set("ScalingActive", false, failure.reason, text)
      this.#failCompute(
        `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${failure.message}`,
      )
      return { metrics }
    }
    if (best === undefined) return { metrics }
    this.#set(
      "ScalingActive",
      true,
      "ValidMetricFound",
      `the HPA was able to successfully calculate a replica count from ${best.what}`,
    )
    return { best, metrics }
  }

  #remember(change: (memory: Memory) => Memory): void {
    this.#memories.set(this.#key, change(this.#memories.get(this.#key) ?? NO_MEMORY))
  }

  #warn(reason: string, message: string): void {
    this.#context.events.record(this.#autoscaler, "Warning", reason, message)
  }

  #failCompute(message: string): void {
    this.#warn("FailedComputeMetricsReplicas", message)
  }

  #set(...condition: Parameters<typeof withCondition>[1]): void {
    this.#conditions = withCondition(this.#conditions, condition, this.#nowMs)
  }

  async #write(change: Status): Promise<void> {
    const { observedGeneration: _, ...rest } = change
    const status = { ...rest, conditions: this.#conditions }
    if (deepEqual(status, this.#autoscaler.status)) return
    await this.#context.client.of(HorizontalPodAutoscaler).updateStatus({ ...this.#autoscaler, status })
  }
}

interface Decision {
  /** Undefined: nothing can be said. */
  readonly replicas?: number
  readonly metrics: readonly MetricStatus[]
  readonly why?: string
}
