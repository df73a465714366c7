import { setUpHostPath } from "../host-path.ts"
import { hostFolder, type NodeFolders } from "../standard-folder.ts"
import type { VolumePlugin } from "./plugin.ts"

export const HOST_PATH = "kubernetes.io/host-path"

/** Paths of the node as persistent volumes, for tests on one node. Containers get the path itself. */
export const hostPathPlugin = (folders: NodeFolders): VolumePlugin => ({
  name: HOST_PATH,
  takesMountOptions: false,
  handles: ({ persistent }) => persistent?.spec.hostPath !== undefined,
  uniqueName: async ({ pod, specName }) => ({ uniqueName: `${HOST_PATH}/${pod.metadata.uid}-${specName}` }),
  async setUp({ persistent }) {
    const source = persistent?.spec.hostPath
    if (source === undefined) throw new Error("spec does not reference a HostPath volume type")
    setUpHostPath(source, folders)
    return hostFolder(folders, source.path)
  },
})
