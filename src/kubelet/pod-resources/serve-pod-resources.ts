import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { serveGrpc } from "../../machinery/grpc/server.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import type { PodResourcesSources } from "./pod-resources.ts"
import { createRequestLimit } from "./request-limit.ts"

const { podResourcesServices } = onFirstCall<typeof import("./pod-resources.ts")>("./pod-resources.ts", import.meta.url)

/** Serves on `pod-resources/kubelet.sock` in the kubelet's folder until `signal` aborts. */
export async function servePodResources(
  sources: PodResourcesSources,
  options: {
    readonly dataDir: string
    readonly platform: Pick<Platform, "clock">
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { dataDir, platform, signal } = options
  const folder = join(dataDir, "pod-resources")
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const services = () => podResourcesServices(sources, createRequestLimit(platform.clock))
  const server = await serveGrpc({ socketPath: join(folder, "kubelet.sock") }, services)
  if (signal.aborted) server.close()
  else signal.addEventListener("abort", server.close, { once: true })
}
