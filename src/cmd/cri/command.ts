import { mkdirSync, rmSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { readArguments } from "../../cli/arguments.ts"
import { UserError } from "../../cli/user-error.ts"
import { createImageStore } from "../../images/image-store.ts"
import { createStreamServer } from "../../kubelet/server/streaming/stream-server.ts"
import { LockedError, lockFile } from "../../platform/linux/file-lock.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { Platform } from "../../platform/platform.ts"
import { serveCri } from "../../runtime/cri-server/serve-cri.ts"
import { openOciRuntime } from "../../runtime/oci/open.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import { adoptPods } from "../agent/adopt-pods.ts"
import { removeCgroups, removeContainers, unmountBelow } from "../cluster/tear-down.ts"
import { untilStopped } from "../until-stopped.ts"
import { gantryVersion } from "../version.ts"
import { openToldNetwork, shown, type ToldNetwork } from "./told-network.ts"

const RUN_DIR = "/run/gantry-cri"
/** Where pods of callers that name no cgroup are; see `runtime/cri-server`. */
const CGROUP = "/gantry-cri"

const options = {
  socket: { type: "string", default: join(RUN_DIR, "cri.sock") },
  "data-dir": { type: "string", default: "/var/lib/gantry/cri" },
  "pod-cidr": { type: "string" },
  purge: { type: "boolean", default: false },
} as const

/** The container runtime alone, for those who bring their own kubelet. */
export async function cri(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, options)
  const dataDir = resolve(values["data-dir"])
  const socketPath = resolve(values.socket)
  const platform = createNodePlatform()
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
  mkdirSync(RUN_DIR, { recursive: true, mode: 0o700 })
  const locks = [
    takeLock(
      join(dataDir, "lock"),
      "the runtime with this data folder runs already: end it first, or give another --data-dir",
    ),
    // The state of its containers, their bridge and their cgroup have one name each.
    takeLock(join(RUN_DIR, "lock"), "a machine has room for one `gantry cri`, and another one runs: end it first"),
  ]
  try {
    const parts = await openParts(dataDir, platform)
    if (values["pod-cidr"] !== undefined)
      await parts.network.use(values["pod-cidr"], (await parts.runtime.listPodSandboxes()).length > 0)
    if (values.purge) await purge(parts, dataDir)
    else await serve(parts, socketPath, platform)
  } finally {
    for (const lock of locks) lock.release()
  }
  return 0
}

interface Parts {
  readonly runtime: ContainerRuntime
  readonly images: ReturnType<typeof createImageStore>
  readonly network: ToldNetwork
}

async function openParts(dataDir: string, platform: Platform): Promise<Parts> {
  const images = createImageStore({ dir: join(dataDir, "images"), platform, proxyEnv: process.env })
  const network = await openToldNetwork(join(dataDir, "network"), platform)
  const oci = await openOciRuntime({
    dataDir: join(dataDir, "runtime"),
    stateDir: join(RUN_DIR, "runtime"),
    platform,
    images,
    network,
  })
  if (network.bridge) await adoptPods(oci, network.bridge)
  const runtime: ContainerRuntime = {
    ...oci,
    async updateRuntimeConfig({ podCidrs }) {
      const isUsed = (await oci.listPodSandboxes()).length > 0
      await network.use(podCidrs.join(), isUsed)
    },
  }
  return { runtime, images, network }
}

async function serve({ images, network, runtime }: Parts, socketPath: string, platform: Platform): Promise<void> {
  const streaming = createStreamServer({ runtime, platform })
  const server = await serveCri({
    socketPath,
    runtime,
    images,
    streaming,
    clock: platform.clock,
    version: gantryVersion(),
  })
  platform.log.info("serves CRI", { socket: socketPath, pods: shown(network.bridge) ?? "none yet" })
  await untilStopped()
  server.close()
  streaming.close()
  await runtime.close()
  network.bridge?.close()
}

/** Leaves nothing on the machine. */
async function purge({ network, runtime }: Parts, dataDir: string): Promise<void> {
  try {
    await removeContainers(runtime)
  } finally {
    await runtime.close()
  }
  await network.bridge?.destroy()
  network.bridge?.close()
  unmountBelow([dataDir, RUN_DIR])
  removeCgroups(CGROUP)
  rmSync(RUN_DIR, { recursive: true, force: true })
  rmSync(dataDir, { recursive: true, force: true })
}

function takeLock(path: string, held: string) {
  try {
    return lockFile(path)
  } catch (error) {
    if (!(error instanceof LockedError)) throw error
    throw new UserError(held)
  }
}
