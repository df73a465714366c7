import { Node } from "../../api/core/v1/node.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { ApiRequest, Transport, WatchEvent } from "../../client/transport.ts"
import { applyMergePatch } from "../../machinery/patch/merge-patch.ts"
import { strategicMerge } from "../../machinery/patch/strategic.ts"
import { alreadyExists, conflict, notFound, serviceUnavailable } from "../../machinery/status/errors.ts"
import type { Clock } from "../../platform/clock.ts"

interface Stored {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly deletionTimestamp?: string
    readonly [key: string]: unknown
  }
  readonly [key: string]: unknown
}

/** An API server in memory that knows as much as a kubelet needs: no defaults, no validation, no authorization. */
export interface FakeApi extends Transport {
  /** Requests other than reads: `PATCH /api/v1/…/pods/web/status`. */
  readonly writes: readonly string[]
  /** While false every request fails as if the server were down. */
  reachable: boolean
  /** Deleted objects stay, as if a finalizer held them. */
  keepsDeleted: boolean
  put(path: string, object: object): Stored
  get(path: string): Stored | undefined
  remove(path: string): void
  /** Objects whose path begins so. */
  list(prefix: string): Stored[]
}

const TOKEN_LIFE_MS = 3_600_000

type Watcher = { readonly prefix: RegExp; readonly send: (event: WatchEvent<unknown>) => void }

/** Tokens last for an hour of the clock. */
export function createFakeApi(clock: Pick<Clock, "nowMs">): FakeApi {
  const objects = new Map<string, Stored>()
  const watchers = new Set<Watcher>()
  const writes: string[] = []
  let revision = 100

  const publish = (path: string, type: WatchEvent<unknown>["type"], object: Stored) => {
    for (const { prefix, send } of watchers) if (prefix.test(path)) send({ type, object })
  }
  const api: FakeApi = {
    writes,
    reachable: true,
    keepsDeleted: false,
    put(path, object) {
      const before = objects.get(path)
      const given = (object as Partial<Stored>).metadata ?? {}
      const name = path.slice(path.lastIndexOf("/") + 1)
      const identity = { name, uid: before?.metadata.uid ?? `uid-${name}`, creationTimestamp: "2026-01-01T00:00:00Z" }
      const metadata = { ...identity, ...given, resourceVersion: String(++revision) } as Stored["metadata"]
      const stored: Stored = { ...object, metadata }
      objects.set(path, stored)
      publish(path, before === undefined ? "ADDED" : "MODIFIED", stored)
      return stored
    },
    get: (path) => objects.get(path),
    remove(path) {
      const before = objects.get(path)
      if (before === undefined) return
      objects.delete(path)
      const metadata = { ...before.metadata, resourceVersion: String(++revision) }
      publish(path, "DELETED", { ...before, metadata })
    },
    list: (prefix) => [...objects].filter(([path]) => path.startsWith(prefix)).map(([, object]) => object),
    async send(request) {
      if (!api.reachable) throw serviceUnavailable("connection refused")
      if (request.method !== "GET") writes.push(`${request.method} ${request.path}`)
      return answer(request)
    },
    async *watch(request) {
      const queue: WatchEvent<unknown>[] = []
      let wake: (() => void) | undefined
      const watcher: Watcher = {
        prefix: collection(request.path),
        send: (event) => {
          queue.push(event)
          wake?.()
        },
      }
      watchers.add(watcher)
      request.signal?.addEventListener("abort", () => wake?.())
      try {
        while (!request.signal?.aborted) {
          for (let event = queue.shift(); event !== undefined; event = queue.shift()) yield event
          await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        watchers.delete(watcher)
      }
    },
  }
  return api

  function answer({ body, contentType, method, path: asked }: ApiRequest): unknown {
    const path = asked.replace(/\/status$/, "")
    const subject = { group: "", resource: path.split("/").at(-2) ?? "" }
    const name = path.slice(path.lastIndexOf("/") + 1)
    const stored = objects.get(path)
    if (asked.endsWith("/token")) {
      const expirationTimestamp = new Date(clock.nowMs() + TOKEN_LIFE_MS).toISOString()
      return { status: { token: `until ${expirationTimestamp}`, expirationTimestamp } }
    }
    if (method === "POST") {
      const { metadata } = body as { metadata: { name: string } }
      const target = `${path}/${metadata.name}`
      if (objects.has(target)) throw alreadyExists({ group: "", resource: name }, metadata.name)
      // As every server does, it never leaves the status out.
      return api.put(target, { status: {}, ...(body as object) })
    }
    if (method === "GET" && stored === undefined && isCollection(asked)) {
      const matches = collection(asked)
      const items = [...objects].filter(([each]) => matches.test(each)).map(([, object]) => object)
      return { items, metadata: { resourceVersion: String(revision) } }
    }
    if (stored === undefined) throw notFound(subject, name)
    if (method === "GET") return stored
    if (method === "PUT") return api.put(path, body as object)
    if (method === "PATCH") return patch(path, stored, body as { metadata?: { uid?: string } }, contentType)
    const uid = (body as { preconditions?: { uid?: string } }).preconditions?.uid
    if (uid !== undefined && uid !== stored.metadata.uid) throw conflict(subject, name)
    if (!api.keepsDeleted) api.remove(path)
    return stored
  }

  function patch(path: string, stored: Stored, body: { metadata?: { uid?: string } }, contentType: string | undefined) {
    const uid = body.metadata?.uid
    if (uid !== undefined && uid !== stored.metadata.uid)
      throw conflict({ group: "", resource: "" }, stored.metadata.name)
    const kinds = [Pod, PersistentVolumeClaim, Node]
    const { struct } = kinds.find(({ plural }) => path.includes(`/${plural}/`)) ?? Node
    const isStrategic = contentType?.includes("strategic") ?? false
    const merged = isStrategic ? strategicMerge(struct, structuredClone(stored), body) : applyMergePatch(stored, body)
    return api.put(path, merged as object)
  }
}

function isCollection(path: string): boolean {
  return /\/(pods|services|nodes|configmaps|secrets|csidrivers)$/.test(path)
}

/** All-namespace paths match objects of every namespace. */
function collection(path: string): RegExp {
  const [, base, namespace, plural] =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/([^/]+)$/.exec(path) ?? []
  return new RegExp(`^${base}${namespace ?? "(/namespaces/[^/]+)?"}/${plural}/[^/]+$`)
}
