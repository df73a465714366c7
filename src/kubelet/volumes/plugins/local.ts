import { existsSync, mkdirSync, rmdirSync, type Stats, statSync } from "node:fs"
import { join } from "node:path"
import type { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import type { EventRecorder } from "../../../client/event-recorder.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { unmount } from "../../../platform/linux/mount.ts"
import { readMountTable } from "../../../platform/linux/mount-table.ts"
import { hasCode } from "../../../platform/linux/system-error.ts"
import type { Processes } from "../../../platform/processes.ts"
import { podFolders, podsFolder } from "../folders.ts"
import { applyFsGroup } from "../ownership.ts"
import { linkDevice } from "./block-device.ts"
import { formatAndMount } from "./format-and-mount.ts"
import { runBindMount } from "./mount-program.ts"
import { MountError, type MountedVolume, type ResolvedVolume, type VolumePlugin } from "./plugin.ts"
import { fileSystemUsage } from "./usage.ts"

const NAME = "kubernetes.io/local-volume"

export interface LocalPluginOptions {
  readonly dataDir: string
  readonly processes: Pick<Processes, "run">
  readonly events?: Pick<EventRecorder, "record">
}

/** Folders and disks of the node as persistent volumes. https://kubernetes.io/docs/concepts/storage/volumes/#local */
export function localPlugin(options: LocalPluginOptions): VolumePlugin {
  const { dataDir, processes } = options
  const globalMount = (specName: string) => join(dataDir, "plugins", NAME, "mounts", specName)

  const setUpFolder = async (volume: ResolvedVolume, source: string): Promise<string> => {
    const { pod, persistent, readOnly, specName } = volume
    const folder = podFolders(dataDir, pod.metadata.uid).pluginVolume(NAME, specName)
    if (isMountPoint(folder)) return folder
    const group = pod.spec.securityContext?.fsGroup
    const others = podMountsOf(source, dataDir)
    if (group !== undefined && others.length > 0 && statSync(source).gid !== group) {
      const message = `The requested fsGroup is ${group}, but the volume ${specName} has GID ${statSync(source).gid}. The volume may not be shareable.`
      options.events?.record(pod, "Warning", "AlreadyMountedVolume", message)
    }
    mkdirSync(folder, { recursive: true, mode: 0o750 })
    const mountOptions = [...(readOnly ? ["ro"] : []), ...(persistent?.spec.mountOptions ?? [])]
    await runBindMount(processes, { source, target: folder, options: mountOptions }, () => unmount(folder))
    const policy = pod.spec.securityContext?.fsGroupChangePolicy
    if (!readOnly && others.length === 0) applyFsGroup(folder, { group, readOnly, policy })
    return folder
  }

  return {
    name: NAME,
    takesMountOptions: true,
    handles: ({ persistent }) => persistent?.spec.local !== undefined,
    uniqueName: async ({ specName }) => ({ uniqueName: `${NAME}/${specName}` }),
    async setUp(volume) {
      const { persistent, pod, readOnly, specName } = volume
      const path = pathOf(persistent)
      if (volume.block) {
        const link = podFolders(dataDir, pod.metadata.uid).pluginDevice(NAME, specName)
        return linkDevice(path, link)
      }
      const found = statOf(path)
      if (found.isDirectory()) return setUpFolder(volume, path)
      if (!found.isBlockDevice()) {
        throw new MountError("NewMounter initialization failed", "only directory and block device are supported")
      }
      const target = globalMount(specName)
      const type = persistent?.spec.local?.fsType ?? "ext4"
      const mountOptions = [...(readOnly ? ["ro"] : []), ...(persistent?.spec.mountOptions ?? [])]
      await mountDevice(async () => {
        if (!isMountPoint(target))
          await formatAndMount(processes, { device: path, target, type, options: mountOptions })
      })
      return setUpFolder(volume, target)
    },
    async release({ block, specName }: MountedVolume) {
      const target = globalMount(specName)
      if (block || !existsSync(target)) return
      unmount(target)
      rmdirSync(target)
    },
    usage: async ({ block, hostPath }) => (block ? undefined : fileSystemUsage(hostPath)),
  }
}

async function mountDevice(mount: () => Promise<void>): Promise<void> {
  try {
    await mount()
  } catch (error) {
    throw new MountError("MountDevice failed", messageOf(error), { cause: error })
  }
}

function pathOf(persistent: PersistentVolume | undefined): string {
  const path = persistent?.spec.local?.path ?? ""
  if (path === "")
    throw new MountError("NewMounter initialization failed", "local volume source is nil or local path is not set")
  if (path.split("/").includes("..")) throw new Error(`invalid path: ${path} must not contain '..'`)
  return path
}

function statOf(path: string): Stats {
  try {
    return statSync(path)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
    throw new MountError("NewMounter initialization failed", `path "${path}" does not exist`, { cause: error })
  }
}

const isMountPoint = (path: string): boolean => readMountTable().some(({ mountPoint }) => mountPoint === path)

/** Where other pods of the node have the same folder. */
function podMountsOf(source: string, dataDir: string): string[] {
  const { dev, ino } = statSync(source)
  const pods = `${podsFolder(dataDir)}/`
  return readMountTable()
    .map(({ mountPoint }) => mountPoint)
    .filter((mountPoint) => mountPoint.startsWith(pods) && mountPoint.includes("/volumes/kubernetes.io~local-volume/"))
    .filter((mountPoint) => {
      const found = statSync(mountPoint, { throwIfNoEntry: false })
      return found?.dev === dev && found.ino === ino
    })
}
