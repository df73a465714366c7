import { existsSync, mkdirSync, rmdirSync } from "node:fs"
import type { NFSVolumeSource } from "../../../api/core/v1/volume.ts"
import { urlHost } from "../../../machinery/net/host-port.ts"
import { readMountTable } from "../../../platform/linux/mount-table.ts"
import type { Processes } from "../../../platform/processes.ts"
import { podFolders } from "../folders.ts"
import { runMount } from "./mount-program.ts"
import type { ResolvedVolume, VolumePlugin } from "./plugin.ts"
import { fileSystemUsage } from "./usage.ts"

const NAME = "kubernetes.io/nfs"
const HELPERS = ["/sbin/mount.nfs", "/usr/sbin/mount.nfs"]

/** Folders of NFS servers. The node needs its distribution's NFS client, `mount.nfs`. */
export function nfsPlugin(options: {
  readonly dataDir: string
  readonly processes: Pick<Processes, "run">
}): VolumePlugin {
  const { dataDir, processes } = options
  return {
    name: NAME,
    takesMountOptions: true,
    handles: (volume) => sourceOf(volume) !== undefined,
    uniqueName: async ({ pod, specName }) => ({ uniqueName: `${NAME}/${pod.metadata.uid}-${specName}` }),
    async setUp(volume) {
      if (!HELPERS.some((helper) => existsSync(helper))) {
        throw new Error("this node has no NFS client: install mount.nfs, of the package nfs-common or nfs-utils")
      }
      const { path, readOnly = false, server } = sourceOf(volume) ?? { path: "", server: "" }
      const target = podFolders(dataDir, volume.pod.metadata.uid).pluginVolume(NAME, volume.specName)
      if (readMountTable().some(({ mountPoint }) => mountPoint === target)) return target
      mkdirSync(target, { recursive: true, mode: 0o750 })
      const isReadOnly = readOnly || volume.readOnly
      const mountOptions = [...(isReadOnly ? ["ro"] : []), ...(volume.persistent?.spec.mountOptions ?? [])]
      try {
        await runMount(processes, { source: `${urlHost(server)}:${path}`, target, type: "nfs", options: mountOptions })
      } catch (error) {
        rmdirSync(target)
        throw error
      }
      return target
    },
    usage: async ({ hostPath }) => fileSystemUsage(hostPath),
  }
}

function sourceOf({ persistent, volume }: ResolvedVolume): NFSVolumeSource | undefined {
  return persistent === undefined ? volume.nfs : persistent.spec.nfs
}
