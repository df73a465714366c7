import { isMirrorPod, MIRROR_ANNOTATION } from "../../api/core/v1/mirror-pod.ts"
import type { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { PodStatus } from "../../api/core/v1/pod-status.ts"
import type { Client } from "../../client/client.ts"
import { type Change, keyOf } from "../../client/informer.ts"
import { isAlreadyExists, isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import type { Platform } from "../../platform/platform.ts"
import type { StatusWriter } from "../status/status-writer.ts"
import { HASH_ANNOTATION, isStaticPod } from "./static-pod.ts"

const retryFirstMs = 1000
const retryLongestMs = 60_000

export interface MirrorPods {
  /** Brings statuses to the API: those of static pods to their mirrors. A static pod has one from its first status on. */
  readonly statuses: StatusWriter
  /** What happened to a mirror pod of this node in the API. */
  changed(change: Change<Pod>): void
}

interface Entry {
  /** The static pod that runs. */
  runs: Pod | undefined
  status: PodStatus
  /** As the API has it. */
  mirror: Pod | undefined
  working: boolean
}

/**
 * Shows static pods in the API. A mirror that is deleted, or shows an older manifest, is replaced; the static pod runs
 * on. A mirror of which no static pod runs is deleted.
 */
export function createMirrorPods(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  /** This node as the API has it. */
  readonly node: () => Node | undefined
  readonly statuses: StatusWriter
  readonly signal: AbortSignal
}): MirrorPods {
  const { client, platform, signal, statuses: inner } = options
  const entries = new Map<string, Entry>()
  const entryOf = (key: string): Entry => {
    let entry = entries.get(key)
    if (entry === undefined) {
      entries.set(key, (entry = { runs: undefined, status: {}, mirror: undefined, working: false }))
    }
    return entry
  }

  const reconcile = async (key: string): Promise<void> => {
    const entry = entryOf(key)
    if (entry.working) return
    entry.working = true
    let pauseMs = retryFirstMs
    while (!signal.aborted && step(entry) !== "none") {
      try {
        if (step(entry) === "delete") await remove(entry)
        else await create(entry)
        pauseMs = retryFirstMs
      } catch (error) {
        platform.log.warn("a mirror pod was not brought up to date and will be retried", { pod: key, error })
        await platform.clock.sleep(pauseMs, signal).catch(() => undefined)
        pauseMs = Math.min(pauseMs * 2, retryLongestMs)
      }
    }
    entry.working = false
    const { mirror, runs, status } = entry
    if (runs !== undefined && mirror !== undefined) inner.submit(mirror, status)
    else if (runs === undefined && mirror === undefined) entries.delete(key)
  }

  const remove = async (entry: Entry): Promise<void> => {
    const { mirror } = entry
    if (mirror === undefined) return
    const { name, namespace, uid } = mirror.metadata
    inner.forget(uid)
    try {
      await client.of(Pod).delete({ namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
    if (entry.mirror?.metadata.uid === uid) entry.mirror = undefined
  }

  const create = async (entry: Entry): Promise<void> => {
    const { runs } = entry
    if (runs === undefined) return
    const node = options.node()
    if (node === undefined) throw new Error("the node is not known yet")
    if (node.metadata.deletionTimestamp !== undefined) throw new Error("the node is being removed")
    const { namespace, name, labels, annotations = {} } = runs.metadata
    const { name: nodeName, uid } = node.metadata
    const created = await client
      .of(Pod)
      .create({
        metadata: {
          namespace,
          name,
          ...(labels && { labels }),
          annotations: { ...annotations, [MIRROR_ANNOTATION]: annotations[HASH_ANNOTATION] ?? "" },
          ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid, controller: true }],
        },
        spec: runs.spec,
      })
      .catch(async (error: unknown) => {
        if (!isAlreadyExists(error)) throw error
        // The watch may not have told yet.
        const found = await client.of(Pod).get({ namespace, name })
        if (!isMirrorPod(found)) throw error
        return found
      })
    entry.mirror ??= created
  }

  return {
    changed({ object, type }) {
      const key = keyOf(object)
      const entry = entryOf(key)
      const { uid } = object.metadata
      if (type !== "deleted") {
        entry.mirror = object
        inner.seen(object)
      } else {
        inner.forget(uid)
        if (entry.mirror?.metadata.uid === uid) entry.mirror = undefined
      }
      void reconcile(key)
    },
    statuses: {
      submit(pod, status) {
        if (!isStaticPod(pod)) return inner.submit(pod, status)
        const key = keyOf(pod)
        const entry = entryOf(key)
        entry.runs = pod
        entry.status = status
        void reconcile(key)
      },
      seen(pod) {
        if (!isStaticPod(pod)) inner.seen(pod)
      },
      written(podUid) {
        const shown = [...entries.values()].find(({ runs }) => runs?.metadata.uid === podUid)
        return inner.written(shown?.mirror?.metadata.uid ?? podUid)
      },
      forget(podUid) {
        inner.forget(podUid)
        for (const [key, entry] of entries) {
          if (entry.runs?.metadata.uid !== podUid) continue
          entry.runs = undefined
          void reconcile(key)
        }
      },
    },
  }
}

function step({ mirror, runs }: Entry): "create" | "delete" | "none" {
  if (mirror === undefined) return runs === undefined ? "none" : "create"
  const { annotations, deletionTimestamp } = mirror.metadata
  const shows = annotations?.[MIRROR_ANNOTATION]
  const fits = runs !== undefined && shows === runs.metadata.annotations?.[HASH_ANNOTATION]
  return fits && deletionTimestamp === undefined ? "none" : "delete"
}
