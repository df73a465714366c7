import { type Implementation, implement } from "../../machinery/grpc/server.ts"
import { ImageService, RuntimeService } from "../cri/services.ts"
import { imageService } from "./image-service.ts"
import { runtimeService } from "./runtime-service.ts"
import type { CriServerOptions } from "./serve-cri.ts"

/** What answers CRI's calls. */
export function criServices(options: CriServerOptions): Implementation[] {
  return [implement(RuntimeService, runtimeService(options)), implement(ImageService, imageService(options))]
}
