import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { readJsonIfWhole, writeAtomically } from "../../../platform/linux/files.ts"
import type { MountedVolume } from "./plugin.ts"

/**
 * What plugins have mounted, or may have begun to mount, for the pods of a node. It stands in a file of each pod's
 * folder, so that an agent that was killed knows what to undo, and where containers find what is mounted.
 */
export interface MountRecords {
  get(podUid: string, volume: string): MountedVolume | undefined
  ofPod(podUid: string): readonly MountedVolume[]
  all(): readonly MountedVolume[]
  put(mounted: MountedVolume): void
  remove(mounted: MountedVolume): void
}

const FILE = "mounted-volumes.json"

/** Reads what an earlier agent has left. `podsFolder` need not exist. */
export function openMountRecords(podsFolder: string): MountRecords {
  const pods = new Map<string, Map<string, MountedVolume>>()
  const fileOf = (podUid: string) => join(podsFolder, podUid, FILE)
  for (const podUid of existsSync(podsFolder) ? readdirSync(podsFolder) : []) {
    // What the machine's crash has cut short is mounted no more.
    const found = readJsonIfWhole(fileOf(podUid)) as readonly MountedVolume[] | undefined
    if (found !== undefined) pods.set(podUid, new Map(found.map((each) => [each.volume, each])))
  }
  const save = (podUid: string): void => {
    const file = fileOf(podUid)
    const mounted = [...(pods.get(podUid)?.values() ?? [])]
    if (mounted.length === 0) {
      pods.delete(podUid)
      return rmSync(file, { force: true })
    }
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 })
    writeAtomically(file, JSON.stringify(mounted))
  }
  return {
    get: (podUid, volume) => pods.get(podUid)?.get(volume),
    ofPod: (podUid) => [...(pods.get(podUid)?.values() ?? [])],
    all: () => [...pods.values()].flatMap((volumes) => [...volumes.values()]),
    put(mounted) {
      const { podUid, volume } = mounted
      const volumes = pods.get(podUid) ?? new Map<string, MountedVolume>()
      pods.set(podUid, volumes.set(volume, mounted))
      save(podUid)
    },
    remove({ podUid, volume }) {
      pods.get(podUid)?.delete(volume)
      save(podUid)
    },
  }
}
