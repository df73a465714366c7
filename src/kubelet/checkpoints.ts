import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Pod } from "../api/core/v1/pod.ts"
import type { Timer } from "../platform/clock.ts"
import { writeAtomically } from "../platform/linux/files.ts"
import type { Platform } from "../platform/platform.ts"

/**
 * The last known form of each pod, on disk, so that an agent that restarts while the API server is away still runs its
 * pods. One file per pod: `<dataDir>/checkpoints/<uid>.json`.
 */
export interface Checkpoints {
  /** Writes the pod soon; of several notes the last one counts. */
  note(pod: Pod): void
  forget(podUid: string): void
  load(): readonly Pod[]
}

/** Statuses change several times while a pod starts; only the last of them is worth a write. */
const writeAfterMs = 1000
/** A full disk has room again when pods have been evicted. */
const retryMs = 10_000

export function createCheckpoints(options: {
  readonly dataDir: string
  readonly platform: Pick<Platform, "clock" | "log">
}): Checkpoints {
  const { clock, log } = options.platform
  const folder = join(options.dataDir, "checkpoints")
  const pending = new Map<string, Pod>()
  let timer: Timer | undefined
  const pathOf = (uid: string) => join(folder, `${uid}.json`)

  const flush = () => {
    timer = undefined
    for (const [uid, pod] of pending) {
      try {
        writeAtomically(pathOf(uid), JSON.stringify(pod))
        pending.delete(uid)
      } catch (error) {
        log.warn("a pod was not noted on disk, and will be later", { pod: pod.metadata.name, error })
      }
    }
    if (pending.size > 0) timer = clock.after(retryMs, flush)
  }
  return {
    note(pod) {
      pending.set(pod.metadata.uid, pod)
      timer ??= clock.after(writeAfterMs, flush)
    },
    forget(uid) {
      pending.delete(uid)
      rmSync(pathOf(uid), { force: true })
    },
    load() {
      if (!existsSync(folder)) return []
      return readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .flatMap((name) => {
          try {
            return [JSON.parse(readFileSync(join(folder, name), "utf8")) as Pod]
          } catch (error) {
            log.warn("a note of a pod cannot be read and is ignored", { name, error })
            return []
          }
        })
    },
  }
}
