import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Pod } from "../api/core/v1/pod.ts"
import type { Service } from "../api/core/v1/service.ts"
import type { Informer } from "../client/informer.ts"
import type { Platform } from "../platform/platform.ts"
import { serviceEnv } from "./config/service-env.ts"
import { isStaticPod } from "./static-pods/static-pod.ts"

/** How long an agent that came back without its server waits before it uses what it noted when the pod first ran. */
const serverWaitMs = 3000

/**
 * The service variables of pods. They wait for the first list of services, because a pod without
 * KUBERNETES_SERVICE_HOST would look for the API server in vain; but a pod that ran before need not wait for a server.
 */
export function createServiceEnv(options: {
  readonly services: Informer<Service>
  readonly platform: Pick<Platform, "clock">
  readonly dataDir: string
}): (pod: Pod) => Promise<ReadonlyMap<string, string>> {
  const { services } = options
  let synced = false
  void services.synced.then(() => {
    synced = true
  })
  const late = new Promise<void>((resolve) => options.platform.clock.after(serverWaitMs, resolve))
  return async (pod) => {
    const folder = join(options.dataDir, "pods", pod.metadata.uid)
    const path = join(folder, "service-env.json")
    if (!synced && existsSync(path)) await Promise.race([services.synced, late])
    if (!synced && existsSync(path)) return new Map(JSON.parse(readFileSync(path, "utf8")) as [string, string][])
    // It may be what runs the API server.
    if (!isStaticPod(pod)) await services.synced
    const env = serviceEnv(services.list(), pod.metadata.namespace, pod.spec.enableServiceLinks ?? true)
    if (!synced) return env
    mkdirSync(folder, { recursive: true, mode: 0o750 })
    writeFileSync(path, JSON.stringify([...env]))
    return env
  }
}
