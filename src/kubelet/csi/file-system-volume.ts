import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { messageOf } from "../../machinery/status/message-of.ts"
import { applyFsGroup } from "../volumes/ownership.ts"
import type { MountedVolume, ResolvedVolume } from "../volumes/plugins/plugin.ts"
import { loadVolumeData, publishPath, removeMountPoint, saveVolumeData, stagePath } from "./csi-folders.ts"
import { attachmentName } from "./csi-objects.ts"
import { type CsiSource, volumeCapability } from "./csi-source.ts"
import { CSI_TIMEOUT_MS, type Driver } from "./drivers.ts"
import { isFinal, type Mounting, registeredDriver } from "./mounting.ts"
import { publishSettings } from "./publish-settings.ts"

const CALL = { timeoutMs: CSI_TIMEOUT_MS }

/** Mounts a volume of a driver for the node, where the driver asks for that. May be repeated. */
export async function stage(mounting: Mounting, volume: ResolvedVolume, source: CsiSource): Promise<void> {
  const { dataDir, objects } = mounting
  const driver = registeredDriver(mounting, source.driver, "attacher.MountDevice failed to create newCsiDriverClient")
  const isStaging = await driver.can("stageUnstage")
  const publishContext = await objects.attachment(source)
  const secrets = isStaging ? await stageSecrets(mounting, source) : {}
  const path = stagePath(dataDir, source.driver, source.handle)
  mkdirSync(path, { recursive: true, mode: 0o750 })
  if (!isStaging) return
  saveVolumeData(dirname(path), { volumeHandle: source.handle, driverName: source.driver })
  const group = (await driver.can("volumeMountGroup")) ? volume.pod.spec.securityContext?.fsGroup : undefined
  try {
    await driver.node.NodeStageVolume(
      {
        volumeId: source.handle,
        publishContext,
        stagingTargetPath: driver.toDriver(path),
        volumeCapability: await volumeCapability(driver, source, { block: false, group }),
        secrets,
        volumeContext: source.attributes,
      },
      CALL,
    )
  } catch (error) {
    if (isFinal(error)) removeMountPoint(path)
    throw error
  }
}

export async function stageSecrets({ objects }: Mounting, { stageSecret }: CsiSource): Promise<Record<string, string>> {
  return objects.secret(stageSecret).catch((error: unknown) => {
    const text = messageOf(error)
    throw new Error(`fetching NodeStageSecretRef ${stageSecret?.namespace}/${stageSecret?.name} failed: ${text}`, {
      cause: error,
    })
  })
}

/** Undoes `stage`, once no pod of the node has the volume. */
export async function unstage(mounting: Mounting, driverName: string, handle: string): Promise<void> {
  const path = stagePath(mounting.dataDir, driverName, handle)
  const data = loadVolumeData(dirname(path))
  // Without staging there is only a folder.
  if (data !== undefined) {
    const driver = registeredDriver(mounting, driverName, "attacher.UnmountDevice failed to create newCsiDriverClient")
    if (await driver.can("stageUnstage")) {
      await driver.node.NodeUnstageVolume({ volumeId: handle, stagingTargetPath: driver.toDriver(path) }, CALL)
    }
  }
  if (existsSync(dirname(path))) removeMountPoint(path)
}

/** Mounts a volume into the pod's folder. `again`: it is there, and the driver only hears what is new. */
export async function publish(
  mounting: Mounting,
  volume: ResolvedVolume,
  source: CsiSource,
  { again, readOnly }: { readonly again: boolean; readonly readOnly: boolean },
): Promise<string> {
  const { dataDir, nodeName, objects } = mounting
  const { pod, specName } = volume
  const driver = registeredDriver(mounting, source.driver, "mounter.SetUpAt failed to get CSI client")
  await checkLifecycle(mounting, source)
  const path = publishPath(dataDir, pod.metadata.uid, specName)
  const isStaged = !source.ephemeral && (await driver.can("stageUnstage"))
  const publishContext = await objects.attachment(source)
  const settings = await publishSettings(pod, source, mounting)
  const group = pod.spec.securityContext?.fsGroup
  const driverGroup = (await driver.can("volumeMountGroup")) ? group : undefined
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 })
  saveVolumeData(dirname(path), {
    specVolID: specName,
    volumeHandle: source.handle,
    driverName: source.driver,
    nodeName,
    volumeLifecycleMode: source.ephemeral ? "Ephemeral" : "Persistent",
    attachmentID: attachmentName(source, nodeName),
  })
  try {
    await driver.node.NodePublishVolume(
      {
        volumeId: source.handle,
        publishContext,
        stagingTargetPath: isStaged ? driver.toDriver(stagePath(dataDir, source.driver, source.handle)) : "",
        targetPath: driver.toDriver(path),
        volumeCapability: await volumeCapability(driver, source, { block: false, group: driverGroup }),
        readonly: readOnly,
        ...settings,
      },
      CALL,
    )
  } catch (error) {
    if (isFinal(error) && !again) removeMountPoint(path)
    throw error
  }
  if (!(await driver.can("volumeMountGroup")) && !readOnly && (await kubeletOwns(mounting, source))) {
    applyFsGroup(path, { group, readOnly, policy: pod.spec.securityContext?.fsGroupChangePolicy })
  }
  return path
}

/** Takes a volume out of the pod's folder. */
export async function unpublish(mounting: Mounting, { podUid, specName }: MountedVolume): Promise<void> {
  const path = publishPath(mounting.dataDir, podUid, specName)
  const data = loadVolumeData(dirname(path))
  if (data === undefined) return
  const driver: Driver = registeredDriver(mounting, data.driverName, "Unmounter.TearDownAt failed to get CSI client")
  await driver.node.NodeUnpublishVolume({ volumeId: data.volumeHandle, targetPath: driver.toDriver(path) }, CALL)
  removeMountPoint(path)
}

/** Whether the driver makes volumes of this lifecycle. Throws Kubernetes' message. */
async function checkLifecycle({ objects }: Mounting, { driver: name, ephemeral }: CsiSource): Promise<void> {
  const mode = ephemeral ? "Ephemeral" : "Persistent"
  const driver = await objects.driver(name)
  const modes = driver?.spec.volumeLifecycleModes ?? ["Persistent"]
  if (modes.includes(mode)) return
  const reason =
    driver === undefined
      ? "no CSIDriver object"
      : `only supports [${modes.map((each) => JSON.stringify(each)).join(" ")}]`
  throw new Error(
    `kubernetes.io/csi: mounter.SetupAt failed to check volume lifecycle mode: volume mode "${mode}" not supported by driver ${name} (${reason})`,
  )
}

/** Whether the kubelet gives the files to the pod's group, as the driver's `fsGroupPolicy` says. */
async function kubeletOwns({ objects }: Mounting, source: CsiSource): Promise<boolean> {
  const policy = (await objects.driver(source.driver))?.spec.fsGroupPolicy ?? "ReadWriteOnceWithFSType"
  if (policy === "None") return false
  if (policy === "File") return true
  if (source.fsType === "") return false
  return source.ephemeral || source.accessModes.some((mode) => mode === "ReadWriteOnce" || mode === "ReadWriteOncePod")
}
