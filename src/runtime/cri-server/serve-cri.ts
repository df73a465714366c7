import type { ImageStore } from "../../images/images.ts"
import { type GrpcServer, implement, serveGrpc } from "../../machinery/grpc/server.ts"
import type { Clock } from "../../platform/clock.ts"
import { ImageService, RuntimeService } from "../cri/services.ts"
import type { ContainerRuntime } from "../runtime.ts"
import { imageService } from "./image-service.ts"
import { runtimeService } from "./runtime-service.ts"
import type { StreamingUrls } from "./streaming-urls.ts"

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
  return serveGrpc({ socketPath: options.socketPath }, [
    implement(RuntimeService, runtimeService(options)),
    implement(ImageService, imageService(options)),
  ])
}
