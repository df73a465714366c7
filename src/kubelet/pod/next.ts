import { quote } from "../../machinery/field/quote.ts"
import { formatMilliseconds } from "../../machinery/time/duration.ts"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import { isPullFailure } from "../image/pull-failure.ts"
import { ownImage, volumeImages, type WantedImage } from "../image/wanted-images.ts"
import type { Action, Decision, Waiting } from "./actions.ts"
import { operationKey } from "./actions.ts"
import { describePod, ephemeralContainers, type PodContainer, regularContainers } from "./containers.ts"
import { newest, type PodFacts, readySandbox, sandboxFailure, volumesFailure } from "./facts.ts"
import { terminationGraceMs } from "./grace.ts"
import { type InitStep, initSteps } from "./init-steps.ts"
import { resizable, resizeFailure, resizeOf } from "./resize.ts"
import { restartPause, restartsAfter, restartsAfterKill } from "./restart.ts"
import { restartAllSteps, restartsAll } from "./restart-all.ts"

/**
 * The next step of a pod that is meant to run. A pure function: the worker performs the actions, learns what came of
 * them, and asks again.
 *
 * ```
 *             volumes ──┐
 *   (bound) ─ sandbox ──┼─▶ init 1 ─▶ … ─▶ init n ─▶ regular containers, in order ─▶ all ended, none restarts
 *             image   ──┘      │ ▲                          │ ▲                            │
 *                              ▼ │ pause                    ▼ │ pause                      ▼
 *                             ended                  ended / failed probe              completed
 *
 *   each container:   image ─▶ start ─▶ running ─▶ ended ─▶ (CrashLoopBackOff) ─▶ image …
 *                       │        │         └─ probe failed ─▶ killed ─▶ ended
 *                       └────────┴─▶ waiting with a reason, tried again later
 *
 *   a rule restarts all:   kill and remove all ─▶ from the first init container again
 *   the sandbox dies:   kill what is left ─▶ sandbox, attempt + 1 ─▶ from the first init container again
 * ```
 *
 * Ending a pod (deleted, evicted, completed, past its deadline) is decided in `ending.ts`.
 */
export function next(facts: PodFacts): Decision {
  const plan = new Plan(facts)
  const [sandbox] = facts.runtime.sandboxes
  if (sandbox?.state === "READY" && restartsAll(facts.pod, facts.runtime)) {
    for (const action of restartAllSteps(facts.pod, facts.runtime)) plan.add(action)
    return plan.decision()
  }
  if (sandbox === undefined || sandbox.state !== "READY") planSandbox(plan)
  if (!facts.volumesMounted) plan.tryAgain({ do: "mount-volumes" }, volumesFailure)
  planContainers(plan)
  return plan.decision()
}

/** Collects a decision. */
class Plan {
  readonly facts: PodFacts
  readonly #actions: Action[] = []
  readonly #waiting = new Map<string, Waiting>()
  #wakeAtMs: number | undefined
  completed = false
  /** A regular container is on its way; those after it wait for it. */
  held = false

  constructor(facts: PodFacts) {
    this.facts = facts
  }

  add(action: Action): void {
    if (!this.isBusy(action)) this.#actions.push(action)
  }

  /** Adds the action unless its last attempt failed and it is too early to try again. */
  tryAgain(action: Action, failureKey: string): void {
    const failure = this.facts.failures.get(failureKey)
    if (failure !== undefined && failure.retryAtMs > this.facts.monotonicMs) this.wakeAt(failure.retryAtMs)
    else this.add(action)
  }

  isBusy(action: Action): boolean {
    return this.facts.busy.has(operationKey(action))
  }

  wait(name: string, reason: string, message: string): void {
    this.#waiting.set(name, { reason, message })
  }

  wakeAt(atMs: number): void {
    this.#wakeAtMs = Math.min(atMs, this.#wakeAtMs ?? atMs)
  }

  decision(): Decision {
    const { completed } = this
    return { actions: this.#actions, waiting: this.#waiting, completed, wakeAtMs: this.#wakeAtMs }
  }
}

/** A first sandbox, or one in place of a dead one, whose containers must be gone first. */
function planSandbox(plan: Plan): void {
  const { pod, runtime } = plan.facts
  const [dead] = runtime.sandboxes
  if (dead !== undefined && !worthANewSandbox(plan.facts)) {
    plan.completed = true
    return
  }
  const alive = runtime.containers.filter(isAlive)
  for (const status of alive) {
    const { name } = status.metadata
    plan.add(kill(plan.facts, status, `Stopping container ${name}`))
  }
  if (alive.length > 0) return
  if (dead !== undefined) {
    // Init containers of the dead sandbox would make it seem as if the new one were initialised.
    const names = new Set((pod.spec.initContainers ?? []).map(({ name }) => name))
    for (const { id, metadata } of runtime.containers) {
      if (names.has(metadata.name)) plan.add({ do: "remove-container", id })
    }
  }
  const attempt = dead === undefined ? 0 : dead.metadata.attempt + 1
  plan.tryAgain({ do: "run-sandbox", attempt, replaces: dead !== undefined }, sandboxFailure)
}

/** Whether anything would run in a new sandbox after the old one has died. */
function worthANewSandbox({ pod, runtime }: PodFacts): boolean {
  if (runtime.containers.length === 0) return true
  if (pod.spec.restartPolicy === "Never") return false
  const regular = regularContainers(pod)
  const started = regular.some(({ spec }) => newest(runtime, spec.name) !== undefined)
  if (!started) return true
  return regular.some((container) => {
    const status = newest(runtime, container.spec.name)
    return status === undefined || status.state !== "EXITED" || restartsAfter(pod, container, status.exitCode)
  })
}

function planContainers(plan: Plan): void {
  const { pod, runtime } = plan.facts
  if (plan.completed) return
  for (const container of ephemeralContainers(pod)) {
    // These run once, also while init containers are still at work.
    if (newest(runtime, container.spec.name) === undefined) planStart(plan, container, undefined)
  }
  const init = initSteps(plan.facts)
  for (const step of init.steps) planInitStep(plan, step)
  for (const container of resizable(pod)) planResize(plan, container)
  if (init.failed) {
    plan.completed = true
    return
  }
  if (!init.initialized) return
  const regular = regularContainers(pod).map((container) => planRegular(plan, container))
  if (regular.every((each) => each === "over")) plan.completed = true
}

function planInitStep(plan: Plan, step: InitStep): void {
  if (step.do === "kill") return plan.add(kill(plan.facts, step.status, step.message, step.graceMs))
  planStart(plan, step.container, newest(plan.facts.runtime, step.container.spec.name))
}

/** `over`: it has ended and will not run again. */
function planRegular(plan: Plan, container: PodContainer): "kept" | "over" {
  const { facts } = plan
  const { pod, runtime } = facts
  const { name } = container.spec
  const status = newest(runtime, name)
  if (status?.state !== "RUNNING") {
    const ended = status?.state === "EXITED" && !definitionChanged(container, status)
    if (ended && !restartsAfter(pod, container, status.exitCode)) return "over"
    planStart(plan, container, status)
    return "kept"
  }
  if (definitionChanged(container, status)) {
    plan.add(kill(facts, status, `Container ${name} definition changed, will be restarted`))
    return "kept"
  }
  const probe = failedProbe(facts, status)
  if (probe === undefined) {
    return "kept"
  }
  const again = restartsAfterKill(pod, container) ? ", will be restarted" : ""
  const graceMs = terminationGraceMs(
    pod,
    probe === "liveness" ? container.spec.livenessProbe : container.spec.startupProbe,
  )
  plan.add(kill(facts, status, `Container ${name} failed ${probe} probe${again}`, graceMs))
  return "kept"
}

function planResize(plan: Plan, container: PodContainer): void {
  const { actuated, runtime } = plan.facts
  const status = newest(runtime, container.spec.name)
  if (status?.state !== "RUNNING" || definitionChanged(container, status)) return
  const resize = resizeOf(container, status, actuated)
  if (resize === "in-place") {
    plan.tryAgain({ do: "resize-container", id: status.id, container }, resizeFailure(status.id))
  }
  const message = `Container ${container.spec.name} resize requires restart`
  if (resize === "restart") plan.add(kill(plan.facts, status, message))
}

/** The image is what may change of a container that exists. */
export function definitionChanged({ spec }: PodContainer, status: ContainerStatus): boolean {
  const running = status.image.userSpecifiedImage
  return running !== "" && running !== spec.image
}

/** Which probe asks for the container to be killed. */
export function failedProbe(facts: PodFacts, status: ContainerStatus): "liveness" | "startup" | undefined {
  const probes = facts.probes.get(status.id)
  if (probes?.liveness === "failure") return "liveness"
  return probes?.startup === "failure" ? "startup" : undefined
}

/** Brings a container that does not run one step further: pause, image, start. */
function planStart(plan: Plan, container: PodContainer, last: ContainerStatus | undefined): void {
  const { facts } = plan
  const { name } = container.spec
  // A changed definition deserves a fresh start.
  const again = last?.state === "EXITED" && !definitionChanged(container, last)
  const pause = again ? restartPause(last, facts.nowMs, facts.restartPauseMaxMs) : undefined
  if (pause !== undefined && pause.leftMs > 0) {
    const seconds = formatMilliseconds(pause.pauseMs)
    const message = `back-off ${seconds} restarting failed container=${name} pod=${describePod(facts.pod)}`
    plan.wait(name, "CrashLoopBackOff", message)
    plan.wakeAt(facts.monotonicMs + pause.leftMs)
    return
  }
  const failure = facts.failures.get(name)
  if (failure !== undefined) {
    plan.wait(name, failure.reason, failure.message)
    if (failure.retryAtMs > facts.monotonicMs) return plan.wakeAt(failure.retryAtMs)
  }
  const image = imagesState(plan, container)
  if (image === "failed") return
  const inOrder = container.kind === "regular"
  // A postStart hook, or an image still on its way, holds back the regular containers after it.
  const held = inOrder && plan.held
  if (inOrder) plan.held = true
  if (image !== "present" || held) return
  if (readySandbox(facts.runtime) === undefined || !facts.volumesMounted) return
  plan.add({
    do: "start-container",
    container,
    attempt: attemptAfter(facts, container, last),
    nextPauseMs: pause?.nextPauseMs ?? 0,
  })
}

type ImageState = "present" | "under way" | "failed"

/** Looks for the images, at the same time as other volumes and the sandbox are made. */
function imagesState(plan: Plan, container: PodContainer): ImageState {
  const wanted = [ownImage(container), ...volumeImages(plan.facts.pod, container)]
  const states = wanted.map((each) => imageState(plan, container, each))
  return (["failed", "under way"] as const).find((state) => states.includes(state)) ?? "present"
}

function imageState(plan: Plan, container: PodContainer, wanted: WantedImage): ImageState {
  const { facts } = plan
  const { name } = container.spec
  const fact = facts.images.get(wanted.key)
  if (fact?.state === "present") return "present"
  if (fact?.state !== "failed") {
    if (fact === undefined) plan.add({ do: "ensure-image", container, wanted })
    return "under way"
  }
  if (facts.monotonicMs >= fact.retryAtMs) {
    plan.add({ do: "ensure-image", container, wanted })
    plan.wait(name, fact.reason, fact.message)
    return "failed"
  }
  plan.wakeAt(fact.retryAtMs)
  // The error itself is shown for the first half of the pause.
  const backsOffAtMs = (fact.failedAtMs + fact.retryAtMs) / 2
  const backsOff = isPullFailure(fact.reason)
  if (!backsOff || facts.monotonicMs < backsOffAtMs) {
    plan.wait(name, fact.reason, fact.message)
    if (backsOff) plan.wakeAt(backsOffAtMs)
  } else {
    const message = `Back-off pulling image ${quote(wanted.image)}: ${fact.reason}: ${fact.message}`
    plan.wait(name, "ImagePullBackOff", message)
  }
  return "failed"
}

/** One that was made but not started, because the agent ended in between, is used as it is. */
function attemptAfter({ pod }: PodFacts, { spec }: PodContainer, last: ContainerStatus | undefined): number {
  if (last === undefined) {
    // The runtime may have lost its containers, with a reboot for instance; their count goes on.
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status
    const known = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === spec.name)
    if (known === undefined) return 0
    // Without an id it is known to be gone, and counted already.
    return known.containerID ? known.restartCount + 1 : known.restartCount
  }
  return last.state === "CREATED" ? last.metadata.attempt : last.metadata.attempt + 1
}

function isAlive({ state }: ContainerStatus): boolean {
  return state === "RUNNING" || state === "CREATED" || state === "UNKNOWN"
}

function kill({ pod }: PodFacts, status: ContainerStatus, message: string, graceMs = terminationGraceMs(pod)): Action {
  if (status.state === "CREATED") return { do: "remove-container", id: status.id }
  return { do: "kill-container", id: status.id, name: status.metadata.name, message, graceMs }
}
