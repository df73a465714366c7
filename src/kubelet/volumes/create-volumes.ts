import { mkdirSync } from "node:fs"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import { quote } from "../../machinery/field/quote.ts"
import { isServiceUnavailable } from "../../machinery/status/predicates.ts"
import type { Timer } from "../../platform/clock.ts"
import { wasWritten, writeAtomically } from "./atomic-writer.ts"
import { hasVolumeFolders, podsOnDisk, removePodFolder, removeVolumes } from "./clean-up.ts"
import { containerMounts, folderSourceOf } from "./container-mounts.ts"
import { setUpEmptyDir } from "./empty-dir.ts"
import { type PodFolders, podFolders, podsFolder } from "./folders.ts"
import { setUpHostPath } from "./host-path.ts"
import { makeNestedMountPoints } from "./nested-mount-points.ts"
import { applyFsGroup } from "./ownership.ts"
import { collectPayload, type PayloadSources } from "./payload.ts"
import { takeTurns } from "./take-turns.ts"
import { createPodTokens } from "./tokens.ts"
import { volumeUsage } from "./usage.ts"
import { type VolumeFailure, type Volumes, VolumesError, type VolumesOptions } from "./volumes.ts"

// How often tokens, downward API files and objects whose change nobody announced are looked at, as Kubernetes' kubelet.
const REFRESH_MS = 60_000
const REFRESH_JITTER_MS = 10_000

/** The volumes of one node. Closing it leaves them in place. */
export function createVolumes(options: VolumesOptions): Volumes {
  const { platform, dataDir, objects, nodeAllocatable } = options
  const log = platform.log.with({ component: "volumes" })
  const tokens = createPodTokens({ ...platform, log }, objects.requestToken)
  const sources: PayloadSources = { objects, tokens, nodeAllocatable }
  /** What is set up, with the newest form of its pod. */
  const pods = new Map<string, Pod>()
  const turns = takeTurns()
  const foldersOf = (podUid: string) => podFolders(dataDir, podUid)

  const writeFiles = async (pod: Pod, volume: Volume, folder: string): Promise<void> => {
    const payload = await collectPayload(pod, volume, sources).catch((error: unknown) => {
      // An agent that came back while the server is away goes on with what its containers have.
      if (!isServerAway(error) || !wasWritten(folder)) throw error
      log.info("volume is left as it is", { volume: volume.name, error })
      return undefined
    })
    if (payload === undefined) return
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    makeNestedMountPoints(pod, volume.name, folder)
    const group = pod.spec.securityContext?.fsGroup
    writeAtomically(folder, payload, platform, () => applyFsGroup(folder, { group, readOnly: true }))
  }

  const setUpVolume = async (pod: Pod, volume: Volume, folders: PodFolders): Promise<void> => {
    if (volume.hostPath !== undefined) return setUpHostPath(volume.hostPath)
    // The runtime mounts images by itself.
    if (volume.image !== undefined) return
    const source = folderSourceOf(volume)
    if (source === undefined) throw new NoPluginError(volume)
    const folder = folders.volume(source, volume.name)
    if (volume.emptyDir === undefined) return writeFiles(pod, volume, folder)
    const readyFile = folders.ready(volume.name)
    setUpEmptyDir({ folder, readyFile, source: volume.emptyDir, pod, nodeAllocatable: nodeAllocatable() })
  }

  const setUpAll = async (pod: Pod, wanted: readonly Volume[]): Promise<readonly VolumeFailure[]> => {
    const folders = foldersOf(pod.metadata.uid)
    const results = await Promise.allSettled(wanted.map((volume) => setUpVolume(pod, volume, folders)))
    return results.flatMap((result, index) => {
      const volume = wanted[index]
      if (result.status === "fulfilled" || volume === undefined) return []
      const cause: unknown = result.reason
      return [{ volume: volume.name, message: failureMessage(volume, cause), cause }]
    })
  }

  const recordFailures = (pod: Pod, failures: readonly VolumeFailure[]) => {
    for (const { message } of failures) options.events?.record(pod, "Warning", "FailedMount", message)
  }

  const refresh = async (uid: string, affected: (volume: Volume) => boolean): Promise<void> =>
    turns.run(uid, async () => {
      const pod = pods.get(uid)
      if (pod === undefined) return
      const failures = await setUpAll(pod, mountedVolumes(pod).filter(affected))
      recordFailures(pod, failures)
      for (const { message, cause } of failures) log.warn("volume was not refreshed", { uid, message, error: cause })
    })

  let timer: Timer | undefined
  const scheduleRefresh = () => {
    timer = platform.clock.after(REFRESH_MS + platform.random.int(REFRESH_JITTER_MS), () => {
      scheduleRefresh()
      for (const uid of pods.keys()) void refresh(uid, holdsFiles)
    })
  }
  scheduleRefresh()

  return {
    setUp: (pod) =>
      turns.run(pod.metadata.uid, async () => {
        pods.set(pod.metadata.uid, pod)
        const failures = await setUpAll(pod, mountedVolumes(pod))
        if (failures.length === 0) return
        recordFailures(pod, failures)
        throw new VolumesError(failures)
      }),
    containerMounts: (pod, container, mountOptions) =>
      turns.run(pod.metadata.uid, async () =>
        containerMounts(pod, container, foldersOf(pod.metadata.uid), mountOptions, log),
      ),
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
        await removeVolumes(foldersOf(podUid))
      }),
    hasVolumes: (podUid) => pods.has(podUid) || hasVolumeFolders(foldersOf(podUid)),
    async removeOrphans(keepUids) {
      const orphans = (await podsOnDisk(podsFolder(dataDir))).filter((uid) => !keepUids.has(uid) && !pods.has(uid))
      await Promise.all(orphans.map((uid) => turns.run(uid, () => removePodFolder(foldersOf(uid)))))
      return orphans
    },
    async usage(pod) {
      const folders = foldersOf(pod.metadata.uid)
      const all = await Promise.all((pod.spec.volumes ?? []).map((volume) => volumeUsage(volume, folders)))
      return all.filter((usage) => usage !== undefined)
    },
    close: () => timer?.cancel(),
  }
}

/** Volumes that no container mounts are not made. */
function mountedVolumes({ spec }: Pod): Volume[] {
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  const names = new Set(
    containers.flatMap(({ volumeMounts = [], volumeDevices = [] }) =>
      [...volumeMounts, ...volumeDevices].map(({ name }) => name),
    ),
  )
  return (spec.volumes ?? []).filter(({ name }) => names.has(name))
}

function holdsFiles(volume: Volume): boolean {
  const source = folderSourceOf(volume)
  return source !== undefined && source !== "emptyDir"
}

/** Names of the objects of that kind whose content the volume shows. */
function objectsOf(volume: Volume, kind: "ConfigMap" | "Secret"): (string | undefined)[] {
  const projections = volume.projected?.sources ?? []
  if (kind === "Secret") return [volume.secret?.secretName, ...projections.map(({ secret }) => secret?.name)]
  return [volume.configMap?.name, ...projections.map(({ configMap }) => configMap?.name)]
}

/** The server said nothing, whichever of the volume's parts it was asked about. */
function isServerAway(error: unknown): boolean {
  return (
    isServiceUnavailable(error) || (error instanceof Error && error.cause !== undefined && isServerAway(error.cause))
  )
}

class NoPluginError extends Error {
  constructor(volume: Volume) {
    const type = Object.keys(volume).find((member) => member !== "name")
    super(
      `failed to get Plugin from volumeSpec for volume ${quote(volume.name)} err=no volume plugin matched: this node has no ${type ?? "such"} volumes`,
    )
  }
}

function failureMessage(volume: Volume, cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return cause instanceof NoPluginError ? text : `MountVolume.SetUp failed for volume ${quote(volume.name)} : ${text}`
}
