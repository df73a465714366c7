import type { ContainerStatus } from "../../api/core/v1/container-status.ts"
import { DISRUPTION_TARGET } from "../../api/core/v1/disruption-target.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodCondition } from "../../api/core/v1/pod-status.ts"
import { quote } from "../../machinery/field/quote.ts"
import { initContainers, regularContainers } from "../pod/containers.ts"
import { couldRestartAll } from "../pod/restart-all.ts"
import type { Phase } from "./phase.ts"

/** The conditions that the kubelet alone writes. Others, such as readiness gates, belong to someone else. */
const ownConditions: ReadonlySet<string> = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
  "AllContainersRestarting",
])

export function isRestartingAll({ status, type }: PodCondition): boolean {
  return type === "AllContainersRestarting" && status === "True"
}

/** These come and go. */
const resizeConditions: ReadonlySet<string> = new Set(["PodResizePending", "PodResizeInProgress"])

export function isPassing({ type }: PodCondition): boolean {
  return resizeConditions.has(type)
}

const disruption = { type: DISRUPTION_TARGET, reason: "TerminationByKubelet" } as const

/** DisruptionTarget is written by whoever ends a pod for other reasons than its own. */
export function isOwn({ reason, type }: PodCondition): boolean {
  return (
    ownConditions.has(type) || resizeConditions.has(type) || (type === disruption.type && reason === disruption.reason)
  )
}

export interface ConditionFacts {
  readonly pod: Pod
  readonly phase: Phase
  readonly statuses: ReadonlyMap<string, ContainerStatus>
  /** The pod has a sandbox with its network. */
  readonly sandboxReady: boolean
  /** Conditions about changed requests and limits. */
  readonly resize?: readonly PodCondition[]
  /** A container has ended in a way by which all of them begin anew, and is still there. */
  readonly restartsAll?: boolean
  /** Why the node ended the pod for its own sake. */
  readonly disruption?: string | undefined
  readonly now: string
}

type Verdict = Pick<PodCondition, "status" | "reason" | "message">
const yes: Verdict = { status: "True" }

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions */
export function podConditions(facts: ConditionFacts): PodCondition[] {
  const containersReady = containersReadyVerdict(facts)
  const verdicts: [string, Verdict][] = [
    ["PodReadyToStartContainers", { status: facts.sandboxReady ? "True" : "False" }],
    ["Initialized", initializedVerdict(facts)],
    ["Ready", readyVerdict(facts.pod, containersReady)],
    ["ContainersReady", containersReady],
    ["PodScheduled", yes],
  ]
  if (couldRestartAll(facts.pod)) verdicts.push(["AllContainersRestarting", restartingVerdict(facts)])
  if (facts.disruption !== undefined) {
    verdicts.push([disruption.type, { status: "True", reason: disruption.reason, message: facts.disruption }])
  }
  const before = facts.pod.status?.conditions ?? []
  const written = new Set(verdicts.map(([type]) => type))
  const kept = before.filter((each) => !written.has(each.type) && !isPassing(each))
  return [
    ...(facts.resize ?? []),
    ...kept,
    ...verdicts.map(([type, verdict]) => condition(type, verdict, before, facts)),
  ]
}

/** The time of transition moves only when the status does. */
function condition(
  type: string,
  verdict: Verdict,
  before: readonly PodCondition[],
  { now, pod }: ConditionFacts,
): PodCondition {
  const old = before.find((each) => each.type === type)
  const since = old?.status === verdict.status ? old.lastTransitionTime : undefined
  return {
    type,
    ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
    ...verdict,
    lastTransitionTime: since ?? now,
  }
}

function containersReadyVerdict({ phase, pod, statuses }: ConditionFacts): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" }
  if (phase === "Failed") return { status: "False", reason: "PodFailed" }
  const counted = [...initContainers(pod).filter(({ kind }) => kind === "sidecar"), ...regularContainers(pod)]
  const names = counted.map(({ spec }) => spec.name)
  const unready = names.filter((name) => statuses.get(name)?.ready === false)
  const message = problems(statuses, names, "unready", unready)
  return message === "" ? yes : { status: "False", reason: "ContainersNotReady", message }
}

function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status !== "True") return containersReady
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType)
    if (gate?.status === "True") return []
    const name = quote(conditionType)
    return gate === undefined
      ? [`corresponding condition of pod readiness gate ${name} does not exist.`]
      : [`the status of pod readiness gate ${name} is not "True", but ${gate.status}`]
  })
  if (messages.length === 0) return yes
  return { status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") }
}

function restartingVerdict({ phase, restartsAll }: ConditionFacts): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" }
  if (phase === "Failed") return { status: "False", reason: "PodFailed" }
  if (!restartsAll) return { status: "False" }
  return {
    status: "True",
    reason: "RestartAllContainersStarted",
    message: "container exited with restart policy rule",
  }
}

function initializedVerdict({ phase, pod, statuses }: ConditionFacts): Verdict {
  if (phase === "Succeeded") return { status: "True", reason: "PodCompleted" }
  const started = regularContainers(pod).some(({ spec }) => {
    const status = statuses.get(spec.name)
    return status?.started || status?.state?.terminated !== undefined || status?.lastState?.terminated !== undefined
  })
  if (started) return yes
  const containers = initContainers(pod)
  const incomplete = containers.flatMap(({ kind, spec }) => {
    const status = statuses.get(spec.name)
    const done = kind === "sidecar" ? status?.started : status?.ready
    return status !== undefined && !done ? [spec.name] : []
  })
  const names = containers.map(({ spec }) => spec.name)
  const message = problems(statuses, names, "incomplete", incomplete)
  return message === "" ? yes : { status: "False", reason: "ContainersNotInitialized", message }
}

function problems(
  statuses: ReadonlyMap<string, ContainerStatus>,
  names: readonly string[],
  word: string,
  affected: readonly string[],
): string {
  const unknown = names.filter((name) => !statuses.has(name))
  const messages = []
  if (unknown.length > 0) messages.push(`containers with unknown status: [${unknown.join(" ")}]`)
  if (affected.length > 0) messages.push(`containers with ${word} status: [${affected.join(" ")}]`)
  return messages.join(", ")
}
