import type { TokenRequestSpec, TokenRequestStatus } from "../../api/authentication/v1/token-request.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import type { Client } from "../../client/client.ts"
import { type Informer, startInformer } from "../../client/informer.ts"
import { notFound } from "../../machinery/status/errors.ts"
import { isForbidden, isNotFound } from "../../machinery/status/predicates.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import type { VolumeObjects } from "../volumes/volumes.ts"
import type { ObjectNotes } from "./object-notes.ts"
import { type ObjectKind, objectKey, references } from "./references.ts"

const volumeKind = onFirstUse<typeof import("../../api/core/v1/persistent-volume.ts")>(
  "../../api/core/v1/persistent-volume.ts",
  import.meta.url,
)
const claimKind = onFirstUse<typeof import("../../api/core/v1/persistent-volume-claim.ts")>(
  "../../api/core/v1/persistent-volume-claim.ts",
  import.meta.url,
)

/**
 * The config maps and secrets that pods of this node refer to. Each is watched by itself, because a node may see no
 * others. Reads come from the watch, so they also work while the API server is away.
 */
export interface NodeObjects extends VolumeObjects {
  /** Watches what the pod refers to, from now on. */
  retain(pod: Pod): void
  /** The pod needs nothing any more. */
  release(podUid: string): void
  /** Forgets what an earlier agent noted for pods that are gone. To be called once all pods of the node are known. */
  forgetUnused(): void
}

interface Watched {
  readonly stop: AbortController
  readonly informer: Informer<ConfigMap | Secret>
  readonly users: Set<string>
}

/** Nodes name the kind of what is missing in the singular, other than the API server. */
async function ask<T>(kind: ObjectKind, name: string, get: () => Promise<T>): Promise<T> {
  try {
    return await get()
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw notFound({ group: "", resource: kind.toLowerCase() }, name)
  }
}

/** The first list of a watch that takes longer than this is not waited for: the object is asked for directly. */
const firstListMs = 1000
/** And when the server does not answer either, what was noted earlier is used. */
const answerMs = 2000

export function createObjects(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
  readonly notes: ObjectNotes
  /** A watched object changed after its first list. */
  readonly onChange: (kind: ObjectKind, namespace: string, name: string) => void
}): NodeObjects {
  const { client, notes, onChange, platform, signal } = options
  const watched = new Map<string, Watched>()
  const byPod = new Map<string, ReadonlySet<string>>()

  const begin = (key: string): Watched => {
    const [kind = "", namespace = "", name = ""] = key.split("/")
    const stop = new AbortController()
    const scope = { namespace, fieldSelector: `metadata.name=${name}` }
    const both = { platform, signal: AbortSignal.any([signal, stop.signal]), scope }
    const objectKind: ObjectKind = kind === "Secret" ? "Secret" : "ConfigMap"
    const informer: Informer<ConfigMap | Secret> =
      objectKind === "Secret"
        ? (startInformer(client, Secret, both) as Informer<ConfigMap | Secret>)
        : (startInformer(client, ConfigMap, both) as Informer<ConfigMap | Secret>)
    void informer.synced.then(() => {
      let initial = true
      if (stop.signal.aborted) return
      if (informer.get(`${namespace}/${name}`) === undefined) notes.forget(key)
      informer.onChange(({ object, type }) => {
        // Whoever has stopped watching it has forgotten it.
        if (stop.signal.aborted) return
        if (type === "deleted") notes.forget(key)
        else notes.note(key, object)
        if (!initial) onChange(objectKind, namespace, name)
      })
      initial = false
    })
    return { stop, informer, users: new Set() }
  }

  /** From the watch when there is one and it holds the object; a missing object is asked for once more. */
  const read = async <T>(kind: ObjectKind, namespace: string, name: string, get: () => Promise<T>): Promise<T> => {
    const informer = watched.get(objectKey(kind, namespace, name))?.informer
    if (informer === undefined) return ask(kind, name, get)
    const late = new Promise<void>((resolve) => platform.clock.after(firstListMs, resolve))
    await Promise.race([informer.synced, late])
    const found = informer.get(`${namespace}/${name}`)
    // The key names the kind.
    if (found !== undefined) return found as T
    const noted = notes.read(objectKey(kind, namespace, name)) as T | undefined
    return noted === undefined ? ask(kind, name, get) : unlessAway(ask(kind, name, get), noted)
  }

  /** What the server says, unless it says nothing. */
  const unlessAway = <T>(answer: Promise<T>, noted: T): Promise<T> =>
    Promise.race([
      answer.catch((error: unknown) => {
        if (isNotFound(error) || isForbidden(error)) throw error
        return noted
      }),
      new Promise<T>((resolve) => platform.clock.after(answerMs, () => resolve(noted))),
    ])

  return {
    retain(pod) {
      const { uid } = pod.metadata
      const now = references(pod)
      const before = byPod.get(uid) ?? new Set()
      byPod.set(uid, now)
      for (const key of now) {
        let entry = watched.get(key)
        if (entry === undefined) watched.set(key, (entry = begin(key)))
        entry.users.add(uid)
      }
      for (const key of before) if (!now.has(key)) drop(key, uid)
    },
    release(uid) {
      for (const key of byPod.get(uid) ?? []) drop(key, uid)
      byPod.delete(uid)
    },
    forgetUnused: () => notes.keepOnly(new Set(watched.keys())),
    getConfigMap: (namespace, name) =>
      read("ConfigMap", namespace, name, () => client.of(ConfigMap).get({ namespace, name })),
    getSecret: (namespace, name) => read("Secret", namespace, name, () => client.of(Secret).get({ namespace, name })),
    getClaim: (namespace, name) => client.of(claimKind().PersistentVolumeClaim).get({ namespace, name }),
    getPersistentVolume: (name) => client.of(volumeKind().PersistentVolume).get({ name }),
    async requestToken(namespace, serviceAccount, spec: TokenRequestSpec, uid?: string) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(serviceAccount)}/token`
      const body = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        ...(uid !== undefined && { metadata: { uid } }),
        spec,
      }
      const answer = (await client.raw.post(path, body)) as { readonly status: TokenRequestStatus }
      return answer.status
    },
  }

  function drop(key: string, uid: string): void {
    const entry = watched.get(key)
    entry?.users.delete(uid)
    if (entry === undefined || entry.users.size > 0) return
    entry.stop.abort()
    watched.delete(key)
    notes.forget(key)
  }
}
