import type { Pod } from "../api/core/v1/pod.ts"
import type { Informer } from "../client/informer.ts"
import type { Platform } from "../platform/platform.ts"
import { traces } from "./pod-traces.ts"
import type { Pods } from "./pods.ts"
import type { RuntimeView } from "./runtime-view.ts"
import { isStaticPod } from "./static-pods/static-pod.ts"

/** How long pods wait for the API server before an agent that came back runs them from its own notes. */
const serverWaitMs = 3000

/**
 * Begins the work on pods once the API server has said which there are, or has kept silent for long enough. What the
 * node has of pods that the server does not know any more is ended gracefully. Resolves when both agree.
 */
export async function adoptPods(options: {
  readonly informer: Informer<Pod>
  /** What an earlier agent noted of its pods. */
  readonly noted: readonly Pod[]
  /** The static pods that run now, by uid. */
  readonly statics: () => ReadonlyMap<string, Pod>
  readonly pods: Pods
  readonly view: RuntimeView
  readonly platform: Pick<Platform, "clock">
  readonly signal: AbortSignal
}): Promise<void> {
  const { informer, platform, pods, statics, view } = options
  const noted = options.noted.filter((pod) => !isStaticPod(pod))
  const late = new Promise<"late">((resolve) => platform.clock.after(serverWaitMs, () => resolve("late")))
  const first = await Promise.race([informer.synced.then(() => "synced" as const), late])
  if (options.signal.aborted) return
  if (first === "late") for (const pod of noted) pods.apply(pod)
  informer.onChange((change) => pods.onChange(change))
  await informer.synced
  const live = new Set(informer.list().map(({ metadata }) => metadata.uid))
  const left = new Map(options.noted.map((pod) => [pod.metadata.uid, pod]))
  // Without a note there are still the labels of what runs.
  for (const uid of view.uids()) if (!left.has(uid)) for (const pod of traces(view.of(uid))) left.set(uid, pod)
  for (const [uid, pod] of left) {
    if (live.has(uid) || statics().has(uid)) continue
    if (!pods.has(uid)) pods.apply(pod)
    pods.remove(uid)
  }
}
