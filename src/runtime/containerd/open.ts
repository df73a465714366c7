import type { NodeImages } from "../../images/images.ts"
import { openChannel } from "../../machinery/grpc/client.ts"
import { GrpcError } from "../../machinery/grpc/code.ts"
import type { Platform } from "../../platform/platform.ts"
import { ImageService, RuntimeService } from "../cri/services.ts"
import type { ContainerRuntime } from "../runtime.ts"
import type { PodSandboxConfig } from "../sandbox.ts"
import { CALL_MS } from "./calls.ts"
import { commandMethods } from "./commands.ts"
import { containerMethods } from "./containers.ts"
import { socketOf } from "./endpoint.ts"
import { createRuntimeImages } from "./images.ts"
import type { Parts } from "./parts.ts"
import { PodWatch } from "./pod-watch.ts"
import { readMethods } from "./reads.ts"
import { reportMethods } from "./reports.ts"
import { openSandboxConfigs } from "./sandbox-configs.ts"
import { sandboxMethods } from "./sandboxes.ts"
import { readSettings, type ToldSettings } from "./told-settings.ts"

export interface CriRuntimeOptions {
  /** The socket of the runtime, as kubelets are given it: `unix:///run/containerd/containerd.sock`. */
  readonly endpoint: string
  /** That of its images, when it is another. */
  readonly imageEndpoint?: string
  /** Where it is remembered how sandboxes were asked for. Nobody else writes there. */
  readonly dataDir: string
  readonly checkImageName: (ref: string) => void
  readonly platform: Pick<Platform, "clock" | "log">
}

export interface CriRuntime {
  readonly runtime: ContainerRuntime
  readonly images: NodeImages
  readonly settings: ToldSettings
  /** How the pod's last sandbox was asked for, which may be in the making. */
  readonly lastSandboxOf: (podUid: string) => PodSandboxConfig | undefined
}

/**
 * Any container runtime that serves the Container Runtime Interface v1: containerd, CRI-O, or ours elsewhere. Rejects
 * when nobody answers there in that version. Afterwards the connection is made again whenever it was lost, and calls
 * fail meanwhile. https://kubernetes.io/docs/concepts/containers/cri/
 */
export async function openCriRuntime(options: CriRuntimeOptions): Promise<CriRuntime> {
  const { endpoint, imageEndpoint = "", platform } = options
  const channel = openChannel(socketOf(endpoint), platform.clock)
  const isShared = imageEndpoint === "" || socketOf(imageEndpoint) === socketOf(endpoint)
  const imageChannel = isShared ? channel : openChannel(socketOf(imageEndpoint), platform.clock)
  const cri = channel.client(RuntimeService)
  const images = imageChannel.client(ImageService)
  const close = () => {
    channel.close()
    imageChannel.close()
  }
  try {
    await validate("runtime", endpoint, cri.Version({ version: "0.1.0" }, { timeoutMs: CALL_MS }))
    await validate("image", imageEndpoint || endpoint, images.ImageFsInfo({}, { timeoutMs: CALL_MS }))
    const { info } = await cri.Status({ verbose: true }, { timeoutMs: CALL_MS })
    const reads = readMethods({ cri })
    const configs = openSandboxConfigs(options.dataDir)
    configs.keepOnly((await reads.listPodSandboxes()).map(({ metadata }) => metadata))
    const watch = new PodWatch({ source: reads, cri, platform })
    const parts: Parts = { cri, images, configs, watch, platform }
    const { neverStarted: _, ...reading } = reads
    const runtime: ContainerRuntime = {
      ...reading,
      ...sandboxMethods(parts, reads),
      ...containerMethods(parts, reads),
      ...commandMethods(parts, reads),
      ...reportMethods(parts, reads),
      events: (signal) => watch.events(signal),
      async close() {
        watch.close()
        close()
      },
    }
    const settings = readSettings(info)
    const { sandboxImage } = settings
    return {
      runtime,
      images: createRuntimeImages({ cri: images, checkName: options.checkImageName, sandboxImage }),
      settings,
      lastSandboxOf: configs.newestOf,
    }
  } catch (error) {
    close()
    throw error
  }
}

/** In kubelets' words. */
async function validate(api: "image" | "runtime", endpoint: string, call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error
    throw new Error(`validate CRI v1 ${api} API for endpoint ${JSON.stringify(endpoint)}: ${error.message}`, {
      cause: error,
    })
  }
}
