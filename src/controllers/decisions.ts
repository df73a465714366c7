import { AsyncLocalStorage } from "node:async_hooks"
import type { Client, ResourceClient } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import type { Change, Key } from "../client/informer.ts"
import { NewestMap } from "../machinery/newest-map.ts"
import type { AnyResource, KubeObject } from "../machinery/schema/resource.ts"
import { messageOf } from "../machinery/status/message-of.ts"
import type { Clock } from "../platform/clock.ts"

/** What controllers did lately and what moved them to do it (docs/adr/0015). Bounded: the oldest deeds are forgotten. */

/** Something that a controller wrote. The same deed again only raises the count. */
export interface Decision {
  readonly controller: string
  /** What it looked at, in its own terms; mostly `namespace/name` of an object of its kind. */
  readonly key: Key
  /** create, update, patch, delete, deletecollection. */
  readonly verb: string
  /** As in `deployments.apps`; for writes by path, the path. */
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  /** Absent for objects whose name the server makes up, when that failed. */
  readonly name?: string
  /** The changes that made it look, the newest last. Empty: it looked because it was time, or again after a failure. */
  readonly because: readonly string[]
  /** The events that it recorded about it, as `reason: message`. */
  readonly said: readonly string[]
  /** Why it came to nothing. */
  readonly failure?: string
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
}

export interface DecisionFilter {
  readonly namespace?: string
  readonly name?: string
  /** As in `deployments.apps`. */
  readonly resource?: string
}

/** Deeds, of all controllers together. */
const DECISIONS_MAX = 4096
/** Of one look. More would only repeat themselves. */
const CHANGES_MAX = 4
const EVENTS_MAX = 8

/** What made a controller look at a key. Objects are held until then only. */
export interface Trigger {
  readonly resource: AnyResource
  readonly change: Change<KubeObject>
}

/** One look of a controller at a key. */
interface Look {
  readonly controller: string
  readonly key: Key
  readonly triggers: readonly Trigger[]
  readonly said: string[]
  because?: readonly string[]
}

type Target = Pick<Decision, "verb" | "resource" | "subresource" | "namespace" | "name">

export class DecisionLog {
  readonly #clock: Pick<Clock, "nowMs">
  readonly #entries = new NewestMap<string, Decision>(DECISIONS_MAX)
  readonly #current = new AsyncLocalStorage<Look>()

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock
  }

  /** The deeds that an object met with, or that were done for it; the newest last. */
  about({ namespace, name, resource }: DecisionFilter): readonly Decision[] {
    const key = namespace === undefined ? name : `${namespace}/${name}`
    return [...this.#entries.values()].filter((entry) => {
      if (name !== undefined && entry.key === key) return true
      return (
        (resource === undefined || entry.resource === resource) &&
        (namespace === undefined || entry.namespace === namespace) &&
        (name === undefined || entry.name === name)
      )
    })
  }

  /** What is written within `look` is noted under the key. */
  during<T>(controller: string, key: Key, triggers: readonly Trigger[], look: () => T): T {
    return this.#current.run({ controller, key, triggers, said: [] }, look)
  }

  /** A client whose writes are noted. */
  noting(client: Client): Client {
    const known = new Map<AnyResource, ResourceClient<unknown, unknown>>()
    const of = (resource: AnyResource) =>
      known.getOrInsertComputed(resource, () => this.#notingResource(client.of(resource), resource))
    const byPath = (verb: string, path: string, sent: Promise<unknown>) => this.#note({ verb, resource: path }, sent)
    return {
      of: of as Client["of"],
      raw: {
        get: client.raw.get,
        post: (path, body) => byPath("create", path, client.raw.post(path, body)),
        put: (path, body) => byPath("update", path, client.raw.put(path, body)),
      },
    }
  }

  /** A recorder whose events are noted too. */
  overhearing(events: EventRecorder): EventRecorder {
    return {
      record: (about, type, reason, message, options) => {
        const said = this.#current.getStore()?.said
        if (said !== undefined && said.length < EVENTS_MAX) said.push(`${reason}: ${message}`)
        events.record(about, type, reason, message, options)
      },
      flushed: () => events.flushed(),
    }
  }

  #notingResource(
    plain: ResourceClient<unknown, unknown>,
    { group, plural }: AnyResource,
  ): ResourceClient<unknown, unknown> {
    const resource = group === "" ? plural : `${plural}.${group}`
    const placed = (object: unknown) => placeOf((object as Partial<KubeObject> | undefined)?.metadata)
    return {
      ...plain,
      create: (manifest, options) =>
        this.#note({ verb: "create", resource, ...placed(manifest) }, plain.create(manifest, options), placed),
      update: (object, options) =>
        this.#note({ verb: "update", resource, ...placed(object) }, plain.update(object, options)),
      updateStatus: (object, options) => {
        const target = { verb: "update", resource, subresource: "status", ...placed(object) }
        return this.#note(target, plain.updateStatus(object, options))
      },
      patch: (key, body, options) => {
        const { subresource } = options
        const target = { verb: "patch", resource, ...(subresource && { subresource }), ...placeOf(key) }
        return this.#note(target, plain.patch(key, body, options))
      },
      delete: (key, options) => this.#note({ verb: "delete", resource, ...placeOf(key) }, plain.delete(key, options)),
      deleteCollection: (options, deletion) => {
        const { namespace } = options
        const target = { verb: "deletecollection", resource, ...(namespace && { namespace }) }
        return this.#note(target, plain.deleteCollection(options, deletion))
      },
    }
  }

  /** `placed`: where the object is that came of it, when the server decides that. */
  async #note<T>(target: Target, sent: Promise<T>, placed?: (result: T) => Partial<Target>): Promise<T> {
    const look = this.#current.getStore()
    try {
      const result = await sent
      if (look !== undefined) this.#add(look, placed === undefined ? target : { ...target, ...placed(result) })
      return result
    } catch (error) {
      if (look !== undefined) this.#add(look, target, messageOf(error))
      throw error
    }
  }

  #add(look: Look, target: Target, failure?: string): void {
    const { controller, key, said } = look
    const { verb, resource, subresource, namespace, name } = target
    const id = [controller, key, verb, resource, subresource, namespace, name, failure !== undefined].join(" ")
    const before = this.#entries.get(id)
    const nowMs = this.#clock.nowMs()
    this.#entries.set(id, {
      controller,
      key,
      ...target,
      because: (look.because ??= look.triggers.map(describe)),
      said,
      ...(failure !== undefined && { failure }),
      count: (before?.count ?? 0) + 1,
      firstMs: before?.firstMs ?? nowMs,
      lastMs: nowMs,
    })
  }
}

/** The changes that keys wait for to be looked at because of. */
export class Triggers {
  readonly #waiting = new Map<Key, Trigger[]>()

  add(key: Key, trigger: Trigger): void {
    const triggers = this.#waiting.getOrInsertComputed(key, () => [])
    // One change may give a key more than once.
    if (triggers.at(-1)?.change === trigger.change) return
    triggers.push(trigger)
    if (triggers.length > CHANGES_MAX) triggers.shift()
  }

  take(key: Key): readonly Trigger[] {
    const triggers = this.#waiting.get(key) ?? []
    this.#waiting.delete(key)
    return triggers
  }
}

function describe({ resource, change }: Trigger): string {
  const { namespace, name } = change.object.metadata
  return `${resource.kind} ${namespace ? `${namespace}/` : ""}${name} ${change.type}`
}

function placeOf(place: { readonly namespace?: string | undefined; readonly name?: string } | undefined) {
  const { namespace, name } = place ?? {}
  return { ...(namespace && { namespace }), ...(name && { name }) }
}
