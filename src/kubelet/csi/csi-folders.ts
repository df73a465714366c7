import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { readJsonIfWhole, writeAtomically } from "../../platform/linux/files.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { podFolders } from "../volumes/folders.ts"
import { CSI, sha256 } from "./csi-source.ts"

/** Where volumes of drivers are, as Kubernetes' kubelet has them, so that drivers and tools find what they know. */

/** Where a volume is staged, once for all pods of the node. */
export function stagePath(dataDir: string, driver: string, handle: string): string {
  return join(dataDir, "plugins", CSI, driver, sha256(handle), "globalmount")
}

/** Where a pod has a volume. */
export function publishPath(dataDir: string, podUid: string, specName: string): string {
  return join(podFolders(dataDir, podUid).pluginVolume(CSI, specName), "mount")
}

const devicesPath = (dataDir: string) => join(dataDir, "plugins", CSI, "volumeDevices")

export interface DeviceFolders {
  readonly stage: string
  readonly publish: string
  /** Of the volume: what was said about it. */
  readonly data: string
  readonly all: readonly string[]
}

/** The same for raw devices. */
export function deviceFolders(dataDir: string, specName: string): DeviceFolders {
  const root = devicesPath(dataDir)
  const own = join(root, specName)
  const stage = join(root, "staging", specName)
  const publish = join(root, "publish", specName)
  return { stage, publish, data: join(own, "data"), all: [publish, stage, join(own, "data"), join(own, "dev"), own] }
}

const DATA_FILE = "vol_data.json"

/** What is known of a mounted volume without asking the server. */
export interface VolumeData {
  readonly driverName: string
  readonly volumeHandle: string
  readonly specVolID?: string
  readonly nodeName?: string
  readonly attachmentID?: string
  readonly volumeLifecycleMode?: string
}

/** Whole, or not at all: who cannot read it could never unmount the volume. */
export function saveVolumeData(folder: string, data: VolumeData): void {
  writeAtomically(join(folder, DATA_FILE), `${JSON.stringify(data)}\n`, { mode: 0o644 })
}

/** Undefined where nothing was saved, or the machine crashed before it was whole: nothing is mounted either. */
export function loadVolumeData(folder: string): VolumeData | undefined {
  return readJsonIfWhole(join(folder, DATA_FILE)) as VolumeData | undefined
}

/** Also what a write that broke off has left, as the folder could not be removed otherwise. */
export function removeVolumeData(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : []
  for (const name of names) if (name.startsWith(DATA_FILE)) rmSync(join(folder, name), { force: true })
}

/** Removes an empty mount point with its data. Does nothing while something is mounted there. */
export function removeMountPoint(mountPoint: string): void {
  if (readMountTable().some((entry) => entry.mountPoint === mountPoint)) return
  removeEmpty(mountPoint)
  removeVolumeData(dirname(mountPoint))
  removeEmpty(dirname(mountPoint))
}

/** Folders that still hold something stay, and the caller hears of it. */
export function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  }
}
