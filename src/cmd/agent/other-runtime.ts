import { join } from "node:path"
import { UserError } from "../../cli/user-error.ts"
import { parseReference } from "../../images/content/reference.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { installPlugin, otherNetwork, uninstallPlugin } from "../../network/cni/as-plugin/install-plugin.ts"
import { type PodFacts, serveAttachments } from "../../network/cni/as-plugin/serve-attachments.ts"
import type { Platform } from "../../platform/platform.ts"
import { openCriRuntime } from "../../runtime/containerd/open.ts"
import type { ToldSettings } from "../../runtime/containerd/told-settings.ts"
import type { PodNetwork } from "../../runtime/pod-network.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import type { RuntimeEndpoints } from "../cluster/record.ts"
import type { OpenedRuntime } from "./node-parts.ts"

export interface OtherRuntimeOptions {
  readonly endpoints: RuntimeEndpoints
  readonly clusterName: string
  /** Folders of the node: for what stays, and for this boot. */
  readonly dataDir: string
  readonly runDir: string
  readonly network: PodNetwork
  readonly platform: Platform
}

/** How long a runtime may take to see the network's configuration. */
const NETWORK_MS = 10_000
const LOOK_MS = 50

/** Connects to a runtime that is not Gantry's own and makes it wire its pods by us. Throws `UserError` when it cannot be used. */
export async function openOtherRuntime(options: OtherRuntimeOptions): Promise<OpenedRuntime> {
  const { clusterName, dataDir, endpoints, network, platform, runDir } = options
  const { endpoint, imageEndpoint } = endpoints
  // Pods may be asked about before the connection stands.
  let factsOf: (podUid: string) => PodFacts | undefined = () => undefined
  const socketPath = join(runDir, "cni.sock")
  const attachments = await serveAttachments({ socketPath, network, factsOf: (uid) => factsOf(uid), log: platform.log })
  try {
    const { images, lastSandboxOf, runtime, settings } = await openCriRuntime({
      endpoint,
      ...(imageEndpoint !== undefined && { imageEndpoint }),
      dataDir: join(dataDir, "sandboxes"),
      checkImageName: (ref) => void parseReference(ref),
      platform,
    }).catch((cause: unknown) => {
      throw new UserError(messageOf(cause), { cause })
    })
    factsOf = lastSandboxOf
    const close = async () => {
      attachments.close()
      await runtime.close()
    }
    try {
      await refuse(endpoint, runtime)
      plugIn(settings.cni, { clusterName, dataDir, socketPath })
      await networkReady(runtime, platform)
    } catch (error) {
      await runtime.close()
      throw error
    }
    return { runtime: { ...runtime, close }, images }
  } catch (error) {
    attachments.close()
    throw error
  }
}

const pluginRecord = (dataDir: string): string => join(dataDir, "cni-plugin.json")

/** The runtime calls us no more. */
export const unplugOtherRuntime = (dataDir: string): void => uninstallPlugin(pluginRecord(dataDir))

async function refuse(endpoint: string, runtime: ContainerRuntime): Promise<void> {
  const { cgroupDriver } = await runtime.runtimeConfig()
  if (cgroupDriver === "cgroupfs") return
  throw new UserError(
    `the runtime at ${endpoint} leaves cgroups to systemd, and Gantry makes them itself: set SystemdCgroup = false in containerd's configuration, or cgroup_manager = "cgroupfs" in CRI-O's`,
  )
}

function plugIn(
  { binDir, confDir }: ToldSettings["cni"],
  {
    clusterName,
    dataDir,
    socketPath,
  }: { readonly clusterName: string; readonly dataDir: string; readonly socketPath: string },
): void {
  const name = `gantry-${clusterName}`
  const other = otherNetwork(confDir, name)
  if (other !== undefined) {
    throw new UserError(`the runtime has another network for its pods, ${join(confDir, other)}: move the file away`)
  }
  const program = join(import.meta.dirname, "cni-plugin.ts")
  const command = [process.execPath, "--disable-warning=ExperimentalWarning", program]
  installPlugin({ binDir, confDir, name, socketPath, command, record: pluginRecord(dataDir) })
}

/** The node would be reported without a network otherwise, and looked at again much later. */
async function networkReady(runtime: ContainerRuntime, { clock, log }: Platform): Promise<void> {
  const untilMs = clock.monotonicMs() + NETWORK_MS
  for (;;) {
    const { conditions } = await runtime.status()
    const missing = conditions.find(({ status, type }) => type === "NetworkReady" && !status)
    if (missing === undefined) return
    if (clock.monotonicMs() > untilMs)
      return log.warn("the runtime's network is not ready", { message: missing.message })
    await clock.sleep(LOOK_MS)
  }
}
