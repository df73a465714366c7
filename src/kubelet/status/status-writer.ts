import { isDeepStrictEqual } from "node:util"
import { Pod } from "../../api/core/v1/pod.ts"
import type { PodStatus } from "../../api/core/v1/pod-status.ts"
import type { Client } from "../../client/client.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Timings } from "../timings.ts"
import { statusPatch } from "./status-patch.ts"
import { isStillThere } from "./still-there.ts"

/** Brings the statuses of pods to the API server: one write at a time per pod, the newest wins, failures are retried. */
export interface StatusWriter {
  /** Returns at once. */
  submit(pod: Pod, status: PodStatus): void
  /** What the API server has, as an informer saw it. A status that somebody else changed is written again. */
  seen(pod: Pod): void
  /** Resolves when what was submitted for the pod is written, or cannot be because the pod is gone. */
  written(podUid: string): Promise<void>
  forget(podUid: string): void
}

interface Entry {
  pod: Pod
  wanted: PodStatus | undefined
  /** What the API server has, as far as known. */
  stored: PodStatus
  storedRevision: number
  writing: boolean
  gone: boolean
  readonly waiters: (() => void)[]
}

const retryFirstMs = 500
const retryLongestMs = 10_000

export function createStatusWriter(options: {
  readonly client: Client
  /** Absent: nobody asks how long it takes. */
  readonly timings?: Pick<Timings, "observe">
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
}): StatusWriter {
  const { client, platform, signal, timings } = options
  const entries = new Map<string, Entry>()

  const entryOf = (pod: Pod): Entry => {
    const { uid } = pod.metadata
    let entry = entries.get(uid)
    if (entry === undefined) {
      const storedRevision = Number(pod.metadata.resourceVersion ?? 0)
      const stored = pod.status ?? {}
      entry = { pod, wanted: undefined, stored, storedRevision, writing: false, gone: false, waiters: [] }
      entries.set(uid, entry)
    }
    return entry
  }

  const write = async (entry: Entry): Promise<void> => {
    if (entry.writing) return
    entry.writing = true
    let pauseMs = retryFirstMs
    /** Since when something waits to be written. */
    let changedMs: number | undefined
    while (!signal.aborted && !entry.gone && entry.wanted !== undefined) {
      const patch = statusPatch(entry.stored, entry.wanted)
      if (patch === undefined) break
      changedMs ??= platform.clock.monotonicMs()
      try {
        await send(entry, entry.wanted, patch)
        const seconds = (platform.clock.monotonicMs() - changedMs) / 1000
        timings?.observe("kubelet_pod_status_sync_duration_seconds", seconds)
        changedMs = undefined
        pauseMs = retryFirstMs
      } catch (error) {
        if (await meansGone(error, entry.pod)) entry.gone = true
        else {
          platform.log.warn("pod status was not written and will be retried", { pod: entry.pod.metadata.name, error })
          await platform.clock.sleep(pauseMs, signal).catch(() => undefined)
          pauseMs = Math.min(pauseMs * 2, retryLongestMs)
        }
      }
    }
    entry.writing = false
    for (const resolve of entry.waiters.splice(0)) resolve()
  }

  /** There is another pod of the same name, or none. */
  const meansGone = async (refusal: unknown, pod: Pod): Promise<boolean> => {
    if (isNotFound(refusal)) return true
    return isConflict(refusal) && !(await isStillThere(client, pod).catch(() => true))
  }

  const send = async (entry: Entry, status: PodStatus, patch: object): Promise<void> => {
    const { name, namespace, uid } = entry.pod.metadata
    const body = { metadata: { uid }, status: patch }
    const stored = await client.of(Pod).patch({ namespace, name }, body, { type: "strategic", subresource: "status" })
    const revision = Number(stored.metadata.resourceVersion)
    entry.stored = stored.status ?? status
    entry.storedRevision = Math.max(revision, entry.storedRevision)
    // A server that keeps something other than what was written would otherwise be written to for ever.
    if (statusPatch(entry.stored, status) !== undefined && isDeepStrictEqual(entry.wanted, status)) {
      platform.log.warn("the API server keeps another status than the one that was written", { pod: name })
      entry.stored = status
    }
  }

  return {
    submit(pod, status) {
      const entry = entryOf(pod)
      entry.pod = pod
      entry.wanted = status
      void write(entry)
    },
    seen(pod) {
      const entry = entryOf(pod)
      const revision = Number(pod.metadata.resourceVersion ?? 0)
      // Events may be older than the answer to a write.
      if (revision <= entry.storedRevision || entry.writing) return
      entry.stored = pod.status ?? {}
      entry.storedRevision = revision
      void write(entry)
    },
    written(podUid) {
      const entry = entries.get(podUid)
      if (entry === undefined || !entry.writing) return Promise.resolve()
      return new Promise((resolve) => entry.waiters.push(resolve))
    },
    forget(podUid) {
      const entry = entries.get(podUid)
      if (entry === undefined) return
      entry.gone = true
      entries.delete(podUid)
    },
  }
}
