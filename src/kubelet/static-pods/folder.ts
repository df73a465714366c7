import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from "node:fs"
import { join } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Timer } from "../../platform/clock.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"

/** Most nodes have none. */
const { parseManifest } = onFirstCall<typeof import("./manifest.ts")>("./manifest.ts", import.meta.url)

/** Larger manifests are refused. */
const BYTES_MAX = 10 * 1024 * 1024
/** Whoever changes a file often does so in several steps. */
const SETTLE_MS = 50

export interface ManifestFolder {
  /** The static pods that should run now, by uid. */
  pods(): ReadonlyMap<string, Pod>
  /** Calls `handle` whenever they change. */
  onChange(handle: () => void): void
}

interface Manifest {
  readonly text: string
  /** Undefined when the text makes no sense. */
  readonly says: Pod | undefined
  readonly runs: Pod | undefined
}

/**
 * Follows a folder of manifests (or a single one) until `signal` aborts: the kernel tells of changes, and every
 * `checkEveryMs` it is read anyway. A file that cannot be used is logged once and left out; what it ran before goes on
 * until the next regular look, as the file may be half written.
 */
export function followManifests(options: {
  readonly path: string
  readonly nodeName: string
  readonly checkEveryMs: number
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
}): ManifestFolder {
  const { checkEveryMs, nodeName, path, platform, signal } = options
  const { clock, log } = platform
  const handlers: (() => void)[] = []
  let files = new Map<string, Manifest>()
  /** Files, or the folder, of which the same was said already. */
  const complaints = new Map<string, string>()
  let watcher: FSWatcher | undefined
  let settling: Timer | undefined
  let checking: Timer | undefined

  const complain = (about: string, error: unknown) => {
    const why = messageOf(error)
    if (complaints.get(about) !== why) log.error("static pods: a path cannot be used", { path: about, error })
    complaints.set(about, why)
  }
  const parse = (file: string, text: string): Pod | undefined => {
    try {
      const seen = new Date(clock.nowMs()).toISOString()
      const pod = parseManifest(text, { file, nodeName, seen })
      complaints.delete(file)
      return pod
    } catch (error) {
      complain(file, error)
      return undefined
    }
  }
  const readFile = (file: string, isEarly: boolean): Manifest | undefined => {
    const before = files.get(file)
    try {
      const text = readManifest(file)
      const says = before?.text === text ? before.says : parse(file, text)
      return { text, says, runs: says ?? (isEarly ? before?.runs : undefined) }
    } catch (error) {
      if (!hasCode(error, "ENOENT")) complain(file, error)
      return undefined
    }
  }
  const look = (isEarly: boolean) => {
    settling = undefined
    if (signal.aborted) return
    const before = files
    const now = new Map<string, Manifest>()
    try {
      const listed = list(path)
      // A file that comes back is another one.
      for (const about of complaints.keys()) if (!listed.includes(about)) complaints.delete(about)
      for (const file of listed) {
        const manifest = readFile(file, isEarly)
        if (manifest !== undefined) now.set(file, manifest)
      }
      watcher ??= follow()
    } catch (error) {
      complain(path, error)
    }
    files = now
    if (podsIn(before).symmetricDifference(podsIn(files)).size > 0) for (const handle of handlers) handle()
  }
  const follow = (): FSWatcher => {
    const started = watch(path, () => {
      settling ??= clock.after(SETTLE_MS, () => look(true))
    })
    // The regular look begins anew.
    started.on("error", stop)
    return started
  }
  const stop = () => {
    watcher?.close()
    watcher = undefined
  }
  const check = () => {
    if (signal.aborted) return
    // A folder that was replaced is another one, of which the old watch tells nothing.
    stop()
    look(false)
    checking = clock.after(checkEveryMs, check)
  }
  signal.addEventListener("abort", () => {
    stop()
    settling?.cancel()
    checking?.cancel()
  })
  check()
  return {
    pods: () => new Map([...podsIn(files)].map((pod) => [pod.metadata.uid, pod])),
    onChange: (handle) => void handlers.push(handle),
  }
}

const podsIn = (files: ReadonlyMap<string, Manifest>): Set<Pod> =>
  new Set([...files.values()].flatMap(({ runs }) => runs ?? []))

/** Paths of manifests, in order; names that begin with a dot are left out. */
function list(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => !name.startsWith("."))
    .toSorted()
    .map((name) => join(path, name))
}

function readManifest(file: string): string {
  const found = statSync(file)
  if (!found.isFile()) throw new Error(`${file}: found no regular file; manifests are not looked for below folders`)
  if (found.size > BYTES_MAX) throw new Error(`${file}: found ${found.size} bytes, expected at most ${BYTES_MAX}`)
  return readFileSync(file, "utf8")
}
