import { mkdirSync } from "node:fs"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import type { Timer } from "../../platform/clock.ts"
import { wasWritten, writeAtomically, writtenText } from "./atomic-writer.ts"
import { hasVolumeFolders, podsOnDisk, removePodFolder, removeVolumes } from "./clean-up.ts"
import { containerDevices } from "./container-devices.ts"
import { containerMounts, folderSourceOf, type VolumePlace } from "./container-mounts.ts"
import { setUpEmptyDir, setUpMemoryFolder } from "./empty-dir.ts"
import { type VolumeFailure, VolumesError, volumeFailure } from "./failures.ts"
import { type PodFolders, pluginFolders, podFolders, podsFolder } from "./folders.ts"
import { setUpHostPath } from "./host-path.ts"
import { mountedVolumes } from "./mounted-volumes.ts"
import { makeNestedMountPoints } from "./nested-mount-points.ts"
import { applyFsGroup } from "./ownership.ts"
import { collectPayload } from "./payload.ts"
import { HOST_PATH, hostPathPlugin } from "./plugins/host-path.ts"
import { localPlugin } from "./plugins/local.ts"
import { nfsPlugin } from "./plugins/nfs.ts"
import type { ResolvedVolume } from "./plugins/plugin.ts"
import { createPluginVolumes, isInPlace } from "./plugins/plugin-volumes.ts"
import { openMountRecords } from "./plugins/records.ts"
import { isServerAway, resolveVolume } from "./resolve-volume.ts"
import { takeTurns } from "./take-turns.ts"
import { createPodTokens } from "./tokens.ts"
import { volumeUsage } from "./usage.ts"
import type { Volumes, VolumesOptions } from "./volumes.ts"

// How often tokens, downward API files and objects whose change nobody announced are looked at, as Kubernetes' kubelet.
const REFRESH_MS = 60_000
const REFRESH_JITTER_MS = 10_000

/** The volumes of one node. Closing it leaves them in place. */
export function createVolumes(options: VolumesOptions): Volumes {
  const { platform, dataDir, events, objects, nodeAllocatable } = options
  const { processes } = platform
  const log = platform.log.with({ component: "volumes" })
  const tokens = createPodTokens({ ...platform, log }, objects.requestToken)
  const sources = { objects, tokens, nodeAllocatable }
  const records = openMountRecords(podsFolder(dataDir))
  const local = localPlugin({ dataDir, processes, ...(events && { events }) })
  const pluginVolumes = createPluginVolumes({
    plugins: [local, hostPathPlugin(options), nfsPlugin({ dataDir, processes }), ...(options.plugins ?? [])],
    records,
    log,
    dataDir,
    node: { name: options.nodeName, labels: options.nodeLabels ?? (() => ({})) },
    onChange: () => options.onUseChange?.(),
  })
  /** What is set up, with the newest form of its pod. */
  const pods = new Map<string, Pod>()
  const turns = takeTurns()
  const foldersOf = (podUid: string) => podFolders(dataDir, podUid)
  const mountedOf = (pod: Pod) => (volume: string) => records.get(pod.metadata.uid, volume)

  const writeFiles = async (pod: Pod, volume: Volume, folder: string): Promise<void> => {
    const written = (path: string) => writtenText(folder, path)
    const payload = await collectPayload(pod, volume, { ...sources, written }).catch((error: unknown) => {
      // An agent that came back while the server is away goes on with what its containers have.
      if (!isServerAway(error) || !wasWritten(folder)) throw error
      log.info("volume is left as it is", { volume: volume.name, error })
      return undefined
    })
    if (payload === undefined) return
    if (options.secretsInMemory && volume.configMap === undefined)
      setUpMemoryFolder({ folder, pod, nodeAllocatable: nodeAllocatable() })
    else mkdirSync(folder, { recursive: true, mode: 0o755 })
    makeNestedMountPoints(pod, volume.name, folder)
    const group = pod.spec.securityContext?.fsGroup
    writeAtomically(folder, payload, platform, () => applyFsGroup(folder, { group, readOnly: true }))
  }

  /** Volumes that plugins mount, whose parts are elsewhere. */
  const setUpByPlugin = async (pod: Pod, volume: Volume, by: UsePlugin): Promise<VolumeFailure | undefined> => {
    let found: { readonly specName: string; readonly block: boolean } | undefined
    try {
      const resolved = await resolveVolume(pod, volume, objects)
      by(qualifiedName(pluginVolumes.find(resolved).name, resolved))
      found = resolved
      await pluginVolumes.setUp(resolved)
      return undefined
    } catch (error) {
      const mounted = mountedOf(pod)(volume.name)
      if (mounted === undefined || !isServerAway(error) || !isInPlace(mounted))
        return volumeFailure(volume, error, found)
      log.info("volume is left as it is", { volume: volume.name, error })
      return undefined
    }
  }

  const setUpOwn = async (pod: Pod, volume: Volume, folders: PodFolders): Promise<void> => {
    if (volume.hostPath !== undefined) return setUpHostPath(volume.hostPath, options)
    // The runtime mounts images by itself.
    const source = folderSourceOf(volume)
    if (source === undefined) return
    const folder = folders.volume(source, volume.name)
    if (volume.emptyDir === undefined) return writeFiles(pod, volume, folder)
    const readyFile = folders.ready(volume.name)
    setUpEmptyDir({ folder, readyFile, source: volume.emptyDir, pod, nodeAllocatable: nodeAllocatable() })
  }

  const setUpVolume = async (pod: Pod, volume: Volume): Promise<VolumeFailure | undefined> => {
    const beganMs = platform.clock.monotonicMs()
    let plugin = ownPlugin(volume)
    const failure = await (isOwn(volume) ? tryOwn(pod, volume) : setUpByPlugin(pod, volume, (name) => (plugin = name)))
    if (plugin === undefined) return failure
    const status = failure === undefined ? "success" : "fail-unknown"
    const labels = { volume_plugin: plugin, operation_name: "volume_mount", status, migrated: "false" }
    const seconds = (platform.clock.monotonicMs() - beganMs) / 1000
    options.timings?.observe("storage_operation_duration_seconds", seconds, labels)
    return failure
  }

  const tryOwn = async (pod: Pod, volume: Volume): Promise<VolumeFailure | undefined> => {
    try {
      await setUpOwn(pod, volume, foldersOf(pod.metadata.uid))
      return undefined
    } catch (error) {
      return volumeFailure(volume, error)
    }
  }

  const setUpAll = async (pod: Pod, wanted: readonly Volume[]): Promise<readonly VolumeFailure[]> => {
    const results = await Promise.all(wanted.map((volume) => setUpVolume(pod, volume)))
    return results.filter((failure) => failure !== undefined)
  }

  const recordFailures = (pod: Pod, error: VolumesError) => {
    for (const { message, reason, unattached, unprocessed } of error.failures) {
      if (!unprocessed && !unattached) events?.record(pod, "Warning", reason, message)
    }
    const { unprocessed } = error
    if (unprocessed === undefined) return
    events?.record(pod, "Warning", "FailedMount", `Unable to attach or mount volumes: ${unprocessed.message}`)
  }

  const refresh = async (uid: string, affected: (volume: Volume) => boolean): Promise<void> =>
    turns.run(uid, async () => {
      const pod = pods.get(uid)
      if (pod === undefined) return
      const failures = await setUpAll(pod, mountedVolumes(pod).filter(affected))
      if (failures.length === 0) return
      recordFailures(pod, new VolumesError(failures))
      for (const { message, cause } of failures) log.warn("volume was not refreshed", { uid, message, error: cause })
    })

  let timer: Timer | undefined
  const scheduleRefresh = () => {
    timer = platform.clock.after(REFRESH_MS + platform.random.int(REFRESH_JITTER_MS), () => {
      scheduleRefresh()
      for (const [uid, pod] of pods) void refresh(uid, (volume) => changesByItself(volume, mountedOf(pod)))
    })
  }
  scheduleRefresh()

  return {
    setUp: (pod) =>
      turns.run(pod.metadata.uid, async () => {
        pods.set(pod.metadata.uid, pod)
        const failures = await setUpAll(pod, mountedVolumes(pod))
        if (failures.length === 0) return
        const error = new VolumesError(failures)
        recordFailures(pod, error)
        throw error
      }),
    containerMounts: (pod, container, mountOptions) =>
      turns.run(pod.metadata.uid, async () => {
        const place = { node: options, folders: foldersOf(pod.metadata.uid), mountedOf: mountedOf(pod) }
        return containerMounts(pod, container, place, mountOptions, log)
      }),
    containerDevices: async (pod, container) => containerDevices(pod, container, mountedOf(pod)),
    extraGroups: (pod) => {
      const groups = records.ofPod(pod.metadata.uid).flatMap(({ group }) => (group ? [Number(group)] : []))
      return [...new Set(groups.filter(Number.isSafeInteger))].sort((a, b) => a - b)
    },
    inUse: () => {
      const names = records.all().flatMap(({ attachable, uniqueName }) => (attachable ? [uniqueName] : []))
      return [...new Set(names)].sort()
    },
    async objectChanged(kind, namespace, name) {
      const affected = [...pods.values()].filter((pod) => pod.metadata.namespace === namespace)
      const isMadeFrom = (volume: Volume) => objectsOf(volume, kind).includes(name)
      const stale = affected.filter((pod) => mountedVolumes(pod).some(isMadeFrom))
      await Promise.all(stale.map((pod) => refresh(pod.metadata.uid, isMadeFrom)))
    },
    tearDown: (podUid) =>
      turns.run(podUid, async () => {
        pods.delete(podUid)
        tokens.forget(podUid)
        await pluginVolumes.tearDown(podUid)
        await removeVolumes(foldersOf(podUid))
      }),
    hasVolumes: (podUid) => pods.has(podUid) || records.ofPod(podUid).length > 0 || hasVolumeFolders(foldersOf(podUid)),
    async removeOrphans(keepUids) {
      const orphans = (await podsOnDisk(podsFolder(dataDir))).filter((uid) => !keepUids.has(uid) && !pods.has(uid))
      const remove = async (uid: string) => {
        await pluginVolumes.tearDown(uid)
        await removePodFolder(foldersOf(uid))
      }
      await Promise.all(orphans.map((uid) => turns.run(uid, () => remove(uid))))
      return orphans
    },
    async usage(pod) {
      const { uid } = pod.metadata
      const own = (pod.spec.volumes ?? []).map((volume) => volumeUsage(volume, foldersOf(uid)))
      const others = records.ofPod(uid).map(async (mounted) => {
        const found = await pluginVolumes.usage(mounted)
        const { claim, volume: name } = mounted
        return found && { name, inMemory: false, isLocal: false, ...(claim && { claim }), ...found }
      })
      return (await Promise.all([...own, ...others])).filter((usage) => usage !== undefined)
    },
    async claimUsage() {
      const byClaim = new Map(
        records.all().flatMap((mounted) => {
          const { claim } = mounted
          return claim === undefined ? [] : [[`${claim.namespace}/${claim.name}`, { claim, mounted }] as const]
        }),
      )
      const all = [...byClaim.values()].map(async ({ claim, mounted }) => {
        const found = await pluginVolumes.usage(mounted)
        return found && { ...claim, ...found }
      })
      return (await Promise.all(all)).filter((usage) => usage !== undefined)
    },
    close: () => timer?.cancel(),
  }
}

/** Made by the kubelet alone, in the pod's folder, or not at all. */
function isOwn(volume: Volume): boolean {
  return volume.hostPath !== undefined || volume.image !== undefined || folderSourceOf(volume) !== undefined
}

/** Files may have changed, and what a plugin has mounted may have to grow. */
function changesByItself(volume: Volume, mountedOf: VolumePlace["mountedOf"]): boolean {
  if (!isOwn(volume)) return (mountedOf(volume.name)?.hostPath ?? "") !== ""
  return folderSourceOf(volume) !== undefined && volume.emptyDir === undefined
}

/** Is told which plugin it is that mounts a volume. */
type UsePlugin = (name: string) => void

/** As Kubernetes' metrics name it; images are the runtime's. */
function ownPlugin(volume: Volume): string | undefined {
  if (volume.hostPath !== undefined) return HOST_PATH
  const source = folderSourceOf(volume)
  return source && pluginFolders[source].replace("~", "/")
}

/** Drivers are told apart. */
function qualifiedName(plugin: string, { persistent, volume }: ResolvedVolume): string {
  const driver = persistent?.spec.csi?.driver ?? volume.csi?.driver
  return driver === undefined ? plugin : `${plugin}:${driver}`
}

/** Names of the objects of that kind whose content the volume shows. */
function objectsOf(volume: Volume, kind: "ConfigMap" | "Secret"): (string | undefined)[] {
  const projections = volume.projected?.sources ?? []
  if (kind === "Secret") return [volume.secret?.secretName, ...projections.map(({ secret }) => secret?.name)]
  return [volume.configMap?.name, ...projections.map(({ configMap }) => configMap?.name)]
}
