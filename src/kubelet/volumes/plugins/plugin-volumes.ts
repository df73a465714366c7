import { existsSync } from "node:fs"
import { nodeTerm } from "../../../api/core/v1/node-affinity.ts"
import type { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import { quote } from "../../../machinery/field/quote.ts"
import { readMountTable } from "../../../platform/linux/mount-table.ts"
import type { Logger } from "../../../platform/log.ts"
import { unmountFolder, unmountSubPaths } from "../clean-up.ts"
import { podFolders } from "../folders.ts"
import { UnresolvedVolume } from "../resolve-volume.ts"
import { takeTurns } from "../take-turns.ts"
import { HOST_PATH } from "./host-path.ts"
import { MountError, type MountedVolume, type ResolvedVolume, UncertainMount, type VolumePlugin } from "./plugin.ts"
import type { MountRecords } from "./records.ts"

/** The volumes of a node that plugins make available. Volumes that pods share take turns. */
export interface PluginVolumes {
  /** Throws Kubernetes' message where no plugin knows the volume. */
  find(volume: ResolvedVolume): VolumePlugin
  /**
   * Mounts the volume for its pod. Rejects with `MountError`. One that is mounted is only looked at; what an earlier
   * process has noted and is mounted no more is mounted again.
   */
  setUp(volume: ResolvedVolume): Promise<void>
  /** Lets go of all that the pod has. Rejects when something could not be undone; call it again. */
  tearDown(podUid: string): Promise<void>
  /** Undefined also while it cannot be told. */
  usage(mounted: MountedVolume): ReturnType<NonNullable<VolumePlugin["usage"]>>
}

export interface PluginVolumesOptions {
  readonly plugins: readonly VolumePlugin[]
  readonly records: MountRecords
  readonly log: Logger
  readonly node: { readonly name: string; readonly labels: () => Readonly<Record<string, string>> }
  /** The kubelet's own folder. */
  readonly dataDir: string
  /** Which attachable volumes are in use has changed. */
  readonly onChange: () => void
}

export function createPluginVolumes(options: PluginVolumesOptions): PluginVolumes {
  const { dataDir, log, node, plugins, records } = options
  const turns = takeTurns()
  /** What this process has mounted, or found mounted. What an earlier one noted may have gone with a reboot of the machine. */
  const confirmed = new Set<string>()
  const usersOf = (uniqueName: string) => records.all().filter((mounted) => mounted.uniqueName === uniqueName)

  const find = (volume: ResolvedVolume): VolumePlugin => {
    const plugin = plugins.find((each) => each.handles(volume))
    if (plugin === undefined) throw new UnresolvedVolume(noPlugin(volume))
    return plugin
  }

  const mount = async (plugin: VolumePlugin, volume: ResolvedVolume, planned: MountedVolume): Promise<void> => {
    const before = records.get(planned.podUid, planned.volume)
    if (before !== undefined && (confirmed.has(keyOf(before)) || isInPlace(before))) {
      confirmed.add(keyOf(before))
      return plugin.refresh?.(volume, before)
    }
    checkAffinity(volume.persistent, node)
    const { accessModes = [], mountOptions = [] } = volume.persistent?.spec ?? {}
    if (mountOptions.length > 0 && !plugin.takesMountOptions && !volume.block) {
      throw new MountError("MountOptionSupport check failed", "mount options are not supported for this volume type")
    }
    const isElsewhere = usersOf(planned.uniqueName).some(
      ({ hostPath, podUid, uncertain }) => podUid !== planned.podUid && (hostPath !== "" || uncertain),
    )
    if (isElsewhere && accessModes.length === 1 && accessModes[0] === "ReadWriteOncePod") {
      throw new MountError(
        volume.block ? "SetUpDevice failed" : "SetUp failed",
        "volume uses the ReadWriteOncePod access mode and is already in use by another pod",
      )
    }
    // Noted first: a kill in the middle leaves something to undo.
    records.put({ ...planned, hostPath: before?.hostPath ?? "" })
    if (planned.attachable) options.onChange()
    const hostPath = await plugin.setUp(volume, planned).catch((error: unknown) => {
      if (error instanceof Error && error.cause instanceof UncertainMount) records.put({ ...planned, uncertain: true })
      throw error
    })
    records.put({ ...planned, hostPath })
    confirmed.add(keyOf(planned))
  }

  const tearDownOne = async (mounted: MountedVolume): Promise<void> => {
    const plugin = plugins.find(({ name }) => name === mounted.plugin)
    if (plugin === undefined) throw new Error(`no volume plugin matched name: ${mounted.plugin}`)
    await plugin.tearDown?.(mounted)
    const folders = podFolders(dataDir, mounted.podUid)
    unmountFolder(folders, folders.pluginVolume(mounted.plugin, mounted.specName))
    if (usersOf(mounted.uniqueName).length === 1) await plugin.release?.(mounted)
    records.remove(mounted)
    confirmed.delete(keyOf(mounted))
    if (mounted.attachable) options.onChange()
  }

  return {
    find,
    async setUp(volume) {
      const plugin = find(volume)
      const { pod, persistent, claim, specName, readOnly, block } = volume
      const { uniqueName, attachable } = await plugin.uniqueName(volume)
      const group = persistent?.metadata.annotations?.["pv.beta.kubernetes.io/gid"]
      const planned: MountedVolume = {
        podUid: pod.metadata.uid,
        volume: volume.volume.name,
        specName,
        plugin: plugin.name,
        uniqueName,
        readOnly,
        block,
        hostPath: "",
        ...(claim && { claim: { namespace: claim.metadata.namespace, name: claim.metadata.name } }),
        ...(attachable && { attachable }),
        ...(group && { group }),
      }
      await turns.run(uniqueName, () => mount(plugin, volume, planned))
    },
    async tearDown(podUid) {
      const mountedOnes = records.ofPod(podUid)
      if (mountedOnes.length === 0) return
      unmountSubPaths(podFolders(dataDir, podUid))
      const failures: unknown[] = []
      for (const mounted of mountedOnes) {
        await turns
          .run(mounted.uniqueName, () => tearDownOne(mounted))
          .catch((error: unknown) => {
            log.warn("volume was not torn down", { podUid, volume: mounted.specName, error })
            failures.push(error)
          })
      }
      if (failures.length > 0) throw failures[0]
    },
    async usage(mounted) {
      if (mounted.hostPath === "") return undefined
      try {
        return await plugins.find(({ name }) => name === mounted.plugin)?.usage?.(mounted)
      } catch (error) {
        log.debug("a volume's use is unknown", { podUid: mounted.podUid, volume: mounted.specName, error })
        return undefined
      }
    },
  }
}

function checkAffinity(persistent: PersistentVolume | undefined, node: PluginVolumesOptions["node"]): void {
  const required = persistent?.spec.nodeAffinity?.required
  if (required === undefined) return
  const identity = { name: node.name, labels: node.labels() }
  if (required.nodeSelectorTerms.some((term) => nodeTerm(term)(identity))) return
  throw new MountError("NodeAffinity check failed", "no matching NodeSelectorTerms")
}

const keyOf = ({ podUid, volume }: MountedVolume): string => `${podUid}/${volume}`

/** Whether containers can have what was noted, as far as the node can tell by itself. */
export function isInPlace({ block, hostPath, plugin }: MountedVolume): boolean {
  // Disks may have other names after a reboot: which one a link means has to be looked up.
  if (hostPath === "" || block) return false
  if (plugin === HOST_PATH) return existsSync(hostPath)
  return readMountTable().some(({ mountPoint }) => mountPoint === hostPath)
}

/** What an administrator has to bring for types of volumes that left Kubernetes' own tree. */
function noPlugin({ persistent, specName, volume }: ResolvedVolume): string {
  const members = Object.keys(persistent === undefined ? volume : persistent.spec)
  const type = members.find((member) => OTHER_TYPES.has(member)) ?? "such"
  return `failed to get Plugin from volumeSpec for volume ${quote(specName)} err=no volume plugin matched: this node has no ${type} volumes; use a CSI driver`
}

const OTHER_TYPES: ReadonlySet<string> = new Set([
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephfs",
  "cinder",
  "csi",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "gitRepo",
  "glusterfs",
  "iscsi",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "quobyte",
  "rbd",
  "scaleIO",
  "storageos",
  "vsphereVolume",
])
