import { existsSync } from "node:fs"
import { isAbsolute, join, resolve } from "node:path"
import type { VolumeMount } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import { quote } from "../../machinery/field/quote.ts"
import type { Logger } from "../../platform/log.ts"
import type { EnvVar, Mount, MountPropagation } from "../../runtime/runtime.ts"
import { expandReferences } from "./expand-references.ts"
import { type FolderSource, type PodFolders, pluginFolders } from "./folders.ts"
import type { MountedVolume } from "./plugins/plugin.ts"
import { foldersBelow, hostFolder, type NodeFolders } from "./standard-folder.ts"
import { bindSubPath } from "./sub-path.ts"
import type { ContainerMountOptions, MountingContainer } from "./volumes.ts"

/** The mounts of a container whose pod's volumes are all there. Throws Kubernetes' message. */
export function containerMounts(
  pod: Pod,
  container: MountingContainer,
  place: VolumePlace,
  options: ContainerMountOptions,
  log: Logger,
): Mount[] {
  const { folders } = place
  const volumes = new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, volume]))
  return (container.volumeMounts ?? []).flatMap((volumeMount, index): Mount[] => {
    const volume = volumes.get(volumeMount.name)
    if (volume === undefined) {
      throw new Error(`cannot find volume ${quote(volumeMount.name)} to mount into container ${quote(container.name)}`)
    }
    const subPath = subPathOf(volumeMount, options.env)
    const containerPath = isAbsolute(volumeMount.mountPath)
      ? volumeMount.mountPath
      : resolve("/", volumeMount.mountPath)
    const common = {
      containerPath,
      readonly: volumeMount.readOnly === true || isAlwaysReadOnly(volume, place),
      propagation: propagationOf(volumeMount),
      recursiveReadOnly: isRecursivelyReadOnly(volumeMount, options.recursiveReadOnlyMounts),
    }
    if (volume.image !== undefined) {
      const reference = volume.image.reference ?? ""
      const image = options.images?.get(volume.name) ?? { image: reference, userSpecifiedImage: reference }
      return [{ ...common, hostPath: "", image, ...(subPath !== "" && { imageSubPath: subPath }) }]
    }
    const folder = hostPathOf(volume, container, place)
    if (subPath === "") return [{ ...common, hostPath: folder }, ...nodeLogs(volume, container, common, place)]
    const hostPath = folders.subPath(volume.name, container.name, index)
    pinSubPath({ folder, subPath, hostPath, volumeMount, container }, log)
    return [{ ...common, hostPath }]
  })
}

/** What a container that mounts the machine's logs sees of its node's, unless it mounts something there itself. */
function nodeLogs(
  { hostPath }: Volume,
  { volumeMounts = [] }: MountingContainer,
  common: Omit<Mount, "hostPath">,
  { node }: VolumePlace,
): Mount[] {
  const path = hostPath?.path ?? ""
  return foldersBelow(node, path).flatMap(({ name, own }) => {
    const containerPath = join(common.containerPath, name)
    const isTaken = volumeMounts.some(({ mountPath }) => resolve("/", mountPath) === containerPath)
    return isTaken || !existsSync(join(path, name)) ? [] : [{ ...common, containerPath, hostPath: own }]
  })
}

/** Where a pod's volumes are on the node. */
export interface VolumePlace {
  readonly node: NodeFolders
  readonly folders: PodFolders
  /** What a plugin has mounted for the pod, by the name that the pod gives it. */
  readonly mountedOf: (volume: string) => MountedVolume | undefined
}

function hostPathOf(volume: Volume, container: MountingContainer, place: VolumePlace): string {
  const { folders, mountedOf } = place
  if (volume.hostPath !== undefined) return hostFolder(place.node, volume.hostPath.path)
  const source = folderSourceOf(volume)
  if (source !== undefined) return folders.volume(source, volume.name)
  const mounted = mountedOf(volume.name)
  if (mounted !== undefined && !mounted.block && mounted.hostPath !== "") return mounted.hostPath
  throw new Error(`cannot find volume ${quote(volume.name)} to mount into container ${quote(container.name)}`)
}

export function folderSourceOf(volume: Volume): FolderSource | undefined {
  return sources.find((source) => volume[source] !== undefined)
}

const sources = Object.keys(pluginFolders) as readonly FolderSource[]

function isAlwaysReadOnly(volume: Volume, { mountedOf }: VolumePlace): boolean {
  const source = folderSourceOf(volume)
  if (source !== undefined) return source !== "emptyDir"
  return volume.image !== undefined || mountedOf(volume.name)?.readOnly === true
}

function subPathOf({ subPath = "", subPathExpr = "" }: VolumeMount, env: readonly EnvVar[]): string {
  const path = subPathExpr === "" ? subPath : expandSubPath(subPathExpr, env)
  if (isAbsolute(path)) throw new Error(`error SubPath \`${path}\` must not be an absolute path`)
  if (path.split("/").includes("..")) throw new Error(`unable to provision SubPath \`${path}\`: must not contain '..'`)
  return path
}

/** Other than in commands, a variable without a value is an error: the mount would show the whole volume. */
function expandSubPath(expression: string, env: readonly EnvVar[]): string {
  const values = new Map(env.map(({ name, value }) => [name, value]))
  const missing = new Set<string>()
  const path = expandReferences(expression, (name) => {
    const value = values.get(name) ?? ""
    if (value === "") missing.add(name)
    return value
  })
  if (missing.size > 0) throw new Error(`missing value for ${[...missing].sort().join(", ")}`)
  return path
}

interface SubPathMount {
  readonly folder: string
  readonly subPath: string
  readonly hostPath: string
  readonly volumeMount: VolumeMount
  readonly container: MountingContainer
}

/** The message leaves the cause out, which could tell the pod's owner about files of the node. */
function pinSubPath({ folder, subPath, hostPath, volumeMount, container }: SubPathMount, log: Logger): void {
  try {
    bindSubPath(folder, subPath, hostPath)
  } catch (error) {
    log.error("sub path could not be prepared", { volume: volumeMount.name, container: container.name, subPath, error })
    throw new Error(
      `failed to prepare subPath for volumeMount ${quote(volumeMount.name)} of container ${quote(container.name)}`,
      { cause: error },
    )
  }
}

const propagations: ReadonlyMap<string, MountPropagation> = new Map([
  ["None", "PRIVATE"],
  ["HostToContainer", "HOST_TO_CONTAINER"],
  ["Bidirectional", "BIDIRECTIONAL"],
])

function propagationOf({ mountPropagation = "None" }: VolumeMount): MountPropagation {
  const propagation = propagations.get(mountPropagation)
  if (propagation === undefined) throw new Error(`invalid MountPropagation mode: ${quote(mountPropagation)}`)
  return propagation
}

function isRecursivelyReadOnly(volumeMount: VolumeMount, isSupported: boolean): boolean {
  const { name, recursiveReadOnly: mode = "Disabled", readOnly = false, mountPropagation = "None" } = volumeMount
  if (mode === "Disabled") return false
  const problem = (text: string) =>
    new Error(
      `failed to resolve recursive read-only mode: volume ${quote(name)} requested recursive read-only mode, ${text}`,
    )
  if (!readOnly) throw problem("but it is not read-only")
  if (mountPropagation !== "None") {
    throw problem(`but it is not compatible with propagation ${quote(mountPropagation)}`)
  }
  if (mode === "IfPossible") return isSupported
  if (mode !== "Enabled") {
    throw new Error(`failed to resolve recursive read-only mode: unknown recursive read-only mode ${quote(mode)}`)
  }
  if (!isSupported) throw problem("but it is not supported by the runtime")
  return true
}
