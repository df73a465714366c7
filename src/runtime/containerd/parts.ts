import type { ClientOf } from "../../machinery/grpc/service.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ImageService, RuntimeService } from "../cri/services.ts"
import type { PodWatch } from "./pod-watch.ts"
import type { SandboxConfigs } from "./sandbox-configs.ts"

/** What the methods of a runtime behind CRI share. */
export interface Parts {
  readonly cri: ClientOf<typeof RuntimeService>
  readonly images: ClientOf<typeof ImageService>
  readonly configs: SandboxConfigs
  readonly watch: PodWatch
  readonly platform: Pick<Platform, "clock" | "log">
}
