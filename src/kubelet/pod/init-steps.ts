import type { ContainerStatus } from "../../runtime/runtime.ts"
import { initContainers, type PodContainer, regularContainers } from "./containers.ts"
import { newest, type PodFacts } from "./facts.ts"
import { terminationGraceMs } from "./grace.ts"
import { restartsAfter } from "./restart.ts"

export type InitStep =
  | { readonly do: "start"; readonly container: PodContainer }
  | { readonly do: "kill"; readonly status: ContainerStatus; readonly message: string; readonly graceMs: number }

export interface InitProgress {
  readonly steps: readonly InitStep[]
  /** Regular containers may start, or have. */
  readonly initialized: boolean
  /** An init container failed for good. */
  readonly failed: boolean
}

/**
 * What the init containers need: the next one started when the one before is done, sidecars kept running.
 *
 * Completed init containers may have been removed from the runtime, so the last one that left a trace tells how far the
 * pod has come; and once a regular container runs, all of them are done whatever is left of them.
 */
export function initSteps(facts: PodFacts): InitProgress {
  const containers = initContainers(facts.pod)
  const past = regularContainers(facts.pod).some(({ spec }) => {
    const state = newest(facts.runtime, spec.name)?.state
    return state === "RUNNING" || state === "CREATED"
  })
  const steps: InitStep[] = []
  const reached = past ? containers.length : lastTrace(facts, containers)
  for (const [index, container] of containers.entries()) {
    if (index > reached) break
    const result = index < reached || past ? keepSidecar(facts, container) : progress(facts, container)
    steps.push(...result.steps)
    if (result.failed) return { steps: [], initialized: false, failed: true }
    if (index < reached || past) continue
    if (!result.done) return { steps, initialized: false, failed: false }
    const following = containers[index + 1]
    if (following !== undefined) steps.push({ do: "start", container: following })
    return { steps, initialized: following === undefined, failed: false }
  }
  return { steps, initialized: true, failed: false }
}

/** The last init container that exists in the runtime; the first one when none does. */
function lastTrace(facts: PodFacts, containers: readonly PodContainer[]): number {
  const index = containers.findLastIndex(({ spec }) => newest(facts.runtime, spec.name) !== undefined)
  return Math.max(index, 0)
}

interface Progress {
  readonly steps: readonly InitStep[]
  readonly done: boolean
  readonly failed: boolean
}
const idle: Progress = { steps: [], done: false, failed: false }
const done: Progress = { steps: [], done: true, failed: false }

/** The init container whose turn it is. */
function progress(facts: PodFacts, container: PodContainer): Progress {
  const status = newest(facts.runtime, container.spec.name)
  const start: Progress = { steps: [{ do: "start", container }], done: false, failed: false }
  if (status === undefined || status.state === "CREATED") return start
  if (container.kind === "sidecar") {
    const kept = keepSidecar(facts, container)
    const started = status.state === "RUNNING" && (facts.probes.get(status.id)?.startup ?? "unknown") === "success"
    return { ...kept, done: started }
  }
  if (status.state === "RUNNING") return idle
  if (status.state === "EXITED" && status.exitCode === 0) return done
  if (restartsAfter(facts.pod, container, status.exitCode)) return start
  return { steps: [], done: false, failed: true }
}

/** A sidecar that should be running: started again when it ended, killed when a probe failed. */
function keepSidecar(facts: PodFacts, container: PodContainer): Progress {
  if (container.kind !== "sidecar") return idle
  const { name, livenessProbe, startupProbe } = container.spec
  const status = newest(facts.runtime, name)
  if (status?.state !== "RUNNING") return { ...idle, steps: [{ do: "start", container }] }
  const changed = status.image.userSpecifiedImage !== "" && status.image.userSpecifiedImage !== container.spec.image
  if (changed) {
    const message = `Init container ${name} definition changed`
    return { ...idle, steps: [{ do: "kill", status, message, graceMs: terminationGraceMs(facts.pod) }] }
  }
  const probes = facts.probes.get(status.id)
  const type = probes?.startup === "failure" ? "startup" : probes?.liveness === "failure" ? "liveness" : undefined
  if (type === undefined) return idle
  const graceMs = terminationGraceMs(facts.pod, type === "startup" ? startupProbe : livenessProbe)
  return { ...idle, steps: [{ do: "kill", status, message: `Init container ${name} failed ${type} probe`, graceMs }] }
}
