import { join } from "node:path"

/** Where things are, as in Kubernetes' kubelet, so that tools that look there find them. */

const EMPTY_DIR = "kubernetes.io~empty-dir"

/** The plugin's name in Kubernetes, with `/` written as `~`, by the member of a volume that names its source. */
export const pluginFolders = {
  emptyDir: EMPTY_DIR,
  configMap: "kubernetes.io~configmap",
  secret: "kubernetes.io~secret",
  projected: "kubernetes.io~projected",
  downwardAPI: "kubernetes.io~downward-api",
} as const

export type FolderSource = keyof typeof pluginFolders

export interface PodFolders {
  readonly pod: string
  readonly volumes: string
  readonly subPaths: string
  /** Links to the devices that containers get. */
  readonly devices: string
  volume(source: FolderSource, name: string): string
  /** Holds the file `ready` once an emptyDir was made, that a restart leaves its content and owner alone. */
  ready(name: string): string
  subPath(volume: string, container: string, mountIndex: number): string
  /** Of a volume that a plugin mounts, by the plugin's name and that of the persistent volume. */
  pluginVolume(plugin: string, specName: string): string
  /** The link to its device, where the volume is one. */
  pluginDevice(plugin: string, specName: string): string
}

/** A plugin's name as a folder's. */
const escaped = (plugin: string): string => plugin.replaceAll("/", "~")

export const podsFolder = (dataDir: string): string => join(dataDir, "pods")

export function podFolders(dataDir: string, podUid: string): PodFolders {
  const pod = join(podsFolder(dataDir), podUid)
  const volumes = join(pod, "volumes")
  const subPaths = join(pod, "volume-subpaths")
  const devices = join(pod, "volumeDevices")
  return {
    pod,
    volumes,
    subPaths,
    devices,
    volume: (source, name) => join(volumes, pluginFolders[source], name),
    ready: (name) => join(pod, "plugins", EMPTY_DIR, name, "ready"),
    subPath: (volume, container, mountIndex) => join(subPaths, volume, container, String(mountIndex)),
    pluginVolume: (plugin, specName) => join(volumes, escaped(plugin), specName),
    pluginDevice: (plugin, specName) => join(devices, escaped(plugin), specName),
  }
}
