import { existsSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { unmount } from "../../platform/linux/mount.ts"
import { podFolders } from "../volumes/folders.ts"
import { linkDevice } from "../volumes/plugins/block-device.ts"
import type { MountedVolume, ResolvedVolume } from "../volumes/plugins/plugin.ts"
import { deviceFolders, loadVolumeData, removeEmpty, removeVolumeData, saveVolumeData } from "./csi-folders.ts"
import { attachmentName } from "./csi-objects.ts"
import { CSI, type CsiSource, volumeCapability } from "./csi-source.ts"
import { CSI_TIMEOUT_MS } from "./drivers.ts"
import { stageSecrets } from "./file-system-volume.ts"
import { isFinal, type Mounting, registeredDriver } from "./mounting.ts"
import { publishSettings } from "./publish-settings.ts"

const CALL = { timeoutMs: CSI_TIMEOUT_MS }

/** Makes a raw device of a driver available on the node, where the driver asks for that. May be repeated. */
export async function stageDevice(mounting: Mounting, volume: ResolvedVolume, source: CsiSource): Promise<void> {
  const { dataDir, nodeName, objects } = mounting
  const { specName } = volume
  const publishContext = await objects.attachment(source)
  const driver = registeredDriver(mounting, source.driver, "blockMapper.SetUpDevice failed to get CSI client")
  const { data, stage } = deviceFolders(dataDir, specName)
  mkdirSync(data, { recursive: true, mode: 0o750 })
  saveVolumeData(data, {
    specVolID: specName,
    volumeHandle: source.handle,
    driverName: source.driver,
    nodeName,
    attachmentID: attachmentName(source, nodeName),
  })
  if (!(await driver.can("stageUnstage"))) return
  mkdirSync(stage, { recursive: true, mode: 0o750 })
  const request = {
    volumeId: source.handle,
    publishContext,
    stagingTargetPath: driver.toDriver(stage),
    volumeCapability: await volumeCapability(driver, source, { block: true }),
    secrets: await stageSecrets(mounting, source),
    volumeContext: source.attributes,
  }
  try {
    await driver.node.NodeStageVolume(request, CALL)
  } catch (error) {
    if (isFinal(error)) removeDeviceFolders(dataDir, specName)
    throw error
  }
}

/** Makes the device the pod's own; resolves to its name in the pod's folder. */
export async function publishDevice(
  mounting: Mounting,
  volume: ResolvedVolume,
  source: CsiSource,
  { readOnly }: { readonly readOnly: boolean },
): Promise<string> {
  const { dataDir, objects } = mounting
  const { pod, specName } = volume
  const { uid } = pod.metadata
  const driver = registeredDriver(mounting, source.driver, "blockMapper.MapPodDevice failed to get CSI client")
  const { publish, stage } = deviceFolders(dataDir, specName)
  mkdirSync(publish, { recursive: true, mode: 0o750 })
  const path = join(publish, uid)
  await driver.node.NodePublishVolume(
    {
      volumeId: source.handle,
      publishContext: await objects.attachment(source),
      stagingTargetPath: driver.toDriver(stage),
      targetPath: driver.toDriver(path),
      volumeCapability: await volumeCapability(driver, source, { block: true }),
      readonly: readOnly,
      ...(await publishSettings(pod, source, mounting)),
    },
    CALL,
  )
  return linkDevice(path, podFolders(dataDir, uid).pluginDevice(CSI, specName))
}

export async function unpublishDevice(mounting: Mounting, { podUid, specName }: MountedVolume): Promise<void> {
  const { dataDir } = mounting
  const { data, publish } = deviceFolders(dataDir, specName)
  const known = loadVolumeData(data)
  if (known === undefined) return
  rmSync(podFolders(dataDir, podUid).pluginDevice(CSI, specName), { force: true })
  const driver = registeredDriver(mounting, known.driverName, "blockMapper.UnmapPodDevice failed to get CSI client")
  const path = join(publish, podUid)
  await driver.node.NodeUnpublishVolume({ volumeId: known.volumeHandle, targetPath: driver.toDriver(path) }, CALL)
  // Some drivers leave it.
  unmount(path)
  rmSync(path, { force: true })
}

export async function unstageDevice(mounting: Mounting, specName: string): Promise<void> {
  const { data, stage } = deviceFolders(mounting.dataDir, specName)
  const known = loadVolumeData(data)
  if (known === undefined) return
  if (existsSync(stage)) {
    const driver = registeredDriver(mounting, known.driverName, "blockMapper.TearDownDevice failed to get CSI client")
    if (await driver.can("stageUnstage")) {
      const request = { volumeId: known.volumeHandle, stagingTargetPath: driver.toDriver(stage) }
      await driver.node.NodeUnstageVolume(request, CALL)
    }
  }
  removeDeviceFolders(mounting.dataDir, specName)
}

function removeDeviceFolders(dataDir: string, specName: string): void {
  const { all, data } = deviceFolders(dataDir, specName)
  removeVolumeData(data)
  for (const folder of all) removeEmpty(folder)
}
