import { bytesOf } from "../engine.ts"
import { compareKeys } from "../keys.ts"
import type { Entry, HistoryEntry } from "../store.ts"
import { SortedKeys } from "./sorted-keys.ts"

/** A version, or a deletion when the entry's `version` is 0. */
export interface Version {
  readonly entry: Entry
  readonly timeMs: number
}

/** Every kept version of every key. */
export class Versions {
  /** Oldest first, never empty. */
  readonly #byKey = new Map<string, Version[]>()
  readonly #keys = new SortedKeys()
  liveBytes = 0
  historyBytes = 0
  keyCount = 0

  /** The current version; undefined when the key does not exist. */
  get(key: string): Entry | undefined {
    return existing(this.#byKey.get(key)?.at(-1)?.entry)
  }

  /** The version that was current at a revision. */
  getAt(key: string, revision: number): Entry | undefined {
    return existing(this.#byKey.get(key)?.findLast((version) => version.entry.modRevision <= revision)?.entry)
  }

  add(entry: Entry, timeMs: number): void {
    const previous = this.get(entry.key)
    if (previous !== undefined) {
      this.liveBytes -= bytesOf(previous)
      this.historyBytes += bytesOf(previous)
      this.keyCount--
    }
    if (entry.version === 0) {
      this.historyBytes += bytesOf(entry)
    } else {
      this.liveBytes += bytesOf(entry)
      this.keyCount++
    }
    const versions = this.#byKey.get(entry.key)
    if (versions !== undefined) {
      versions.push({ entry, timeMs })
      return
    }
    this.#byKey.set(entry.key, [{ entry, timeMs }])
    this.#keys.add(entry.key)
  }

  /** Forgets what `entry`, a version of its key, made unnecessary: older versions, and itself if it is a deletion. */
  prune(entry: Entry): void {
    const versions = this.#byKey.get(entry.key) ?? []
    const first = entry.version === 0 ? entry.modRevision + 1 : entry.modRevision
    while (versions[0] !== undefined && versions[0].entry.modRevision < first) {
      this.historyBytes -= bytesOf(versions[0].entry)
      versions.shift()
    }
    if (versions.length === 0 && this.#byKey.delete(entry.key)) this.#keys.delete(entry.key)
  }

  /** The keys with a prefix from `startKey` on that have any kept version, in order. */
  *keys(prefix: string, startKey: string): Generator<string, void, void> {
    for (const key of this.#keys.from(compareKeys(startKey, prefix) > 0 ? startKey : prefix)) {
      if (!key.startsWith(prefix)) return
      yield key
    }
  }

  /** Kept versions that a read at `compactRevision` or later can see. */
  history(key: string, compactRevision: number): HistoryEntry[] {
    const versions = this.#byKey.get(key) ?? []
    const oldest = versions.findLastIndex((version) => version.entry.modRevision <= compactRevision)
    const visible = versions.slice(Math.max(oldest, 0)).map(({ entry, timeMs }) => ({
      ...entry,
      deleted: entry.version === 0,
      timeMs,
    }))
    return visible[0]?.deleted === true && oldest >= 0 ? visible.slice(1) : visible
  }
}

function existing(entry: Entry | undefined): Entry | undefined {
  return entry === undefined || entry.version === 0 ? undefined : entry
}
