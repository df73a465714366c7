import type { Pod } from "../../api/core/v1/pod.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Pods } from "../pods.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import { shutdownReason } from "../shutdown/shut-down.ts"
import { followManifests } from "./folder.ts"

/**
 * Runs the pods of the node's own manifests, with or without an API server. Returns how to ask which they are. What an
 * earlier agent ran of them goes on with the status that it noted.
 */
export function runStaticPods(options: {
  readonly settings: Pick<KubeletSettings, "checkManifestsEveryMs" | "staticPodPath">
  readonly nodeName: string
  readonly platform: Pick<Platform, "clock" | "log">
  readonly pods: Pick<Pods, "apply" | "remove">
  readonly noted: readonly Pod[]
  readonly signal: AbortSignal
}): () => ReadonlyMap<string, Pod> {
  const { noted, pods } = options
  const { checkManifestsEveryMs: checkEveryMs, staticPodPath: path } = options.settings
  if (path === undefined) return () => new Map()
  const folder = followManifests({ ...options, path, checkEveryMs })
  // What ended with the machine begins anew with it.
  const lasting = noted.filter(({ status }) => status.reason !== shutdownReason)
  const before = new Map(lasting.map(({ metadata, status }) => [metadata.uid, status]))
  let running: ReadonlyMap<string, Pod> = new Map()
  const update = () => {
    const wanted = folder.pods()
    for (const uid of running.keys()) if (!wanted.has(uid)) pods.remove(uid)
    for (const [uid, pod] of wanted) {
      if (running.get(uid) !== pod) pods.apply({ ...pod, status: before.get(uid) ?? pod.status })
    }
    before.clear()
    running = wanted
  }
  update()
  folder.onChange(update)
  return () => running
}
