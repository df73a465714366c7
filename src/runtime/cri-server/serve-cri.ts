import type { ImageStore } from "../../images/images.ts"
import { type GrpcServer, serveGrpc } from "../../machinery/grpc/server.ts"
import type { Clock } from "../../platform/clock.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { ContainerRuntime } from "../runtime.ts"
import type { StreamingUrls } from "./streaming-urls.ts"

const { criServices } = onFirstCall<typeof import("./cri-services.ts")>("./cri-services.ts", import.meta.url)

export interface CriServerOptions {
  /** Only root may use it: whoever can speak to it owns the machine. */
  readonly socketPath: string
  readonly runtime: ContainerRuntime
  readonly images: ImageStore
  readonly streaming: StreamingUrls
  readonly clock: Clock
  /** Of the program, such as `1.2.3`; kubelets read it as a number. */
  readonly version: string
}

/**
 * Serves a runtime and an image store over the Container Runtime Interface v1, for stock kubelets and crictl. Resolves
 * when it listens. The caller closes it; runtime and images stay the caller's.
 * https://kubernetes.io/docs/concepts/containers/cri/
 */
export function serveCri(options: CriServerOptions): Promise<GrpcServer> {
  return serveGrpc({ socketPath: options.socketPath }, () => criServices(options))
}
