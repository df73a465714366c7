import type { KubeObject } from "../../src/machinery/schema/resource.ts"
import type { HistoryEntry } from "../history.ts"

/** An object as it was stored, of any kind. */
export type Stored = KubeObject

/** One change of one object. */
export interface StoredChange {
  readonly revision: number
  /** Plural and group: `pods`, `deployments.apps`. */
  readonly resource: string
  /** `namespace/name`, or the name alone. */
  readonly key: string
  /** Absent: it was created. */
  readonly before: Stored | undefined
  /** Absent: it is gone. */
  readonly after: Stored | undefined
}

const PREFIX = "/registry/"
/** They come by the thousand and decide nothing. */
const LEFT_OUT: ReadonlySet<string> = new Set(["events", "leases.coordination.k8s.io"])
const NONE: ReadonlyMap<string, Stored> = new Map()

/** What is in the store, rebuilt change by change from its history. */
export class Record {
  readonly #resources = new Map<string, Map<string, Stored>>()

  /** Undefined for kinds that are left out. */
  apply({ deleted, key: path, revision, value }: HistoryEntry): StoredChange | undefined {
    const rest = path.slice(PREFIX.length)
    const slash = rest.indexOf("/")
    const [resource, key] = [rest.slice(0, slash), rest.slice(slash + 1)]
    if (!path.startsWith(PREFIX) || LEFT_OUT.has(resource)) return undefined
    const objects = this.#resources.getOrInsertComputed(resource, () => new Map())
    const before = objects.get(key)
    const after = deleted ? undefined : withRevision(JSON.parse(value), revision)
    if (after === undefined) objects.delete(key)
    else objects.set(key, after)
    return { revision, resource, key, before, after }
  }

  /** The caller knows which type the objects of a resource have. */
  all<T = Stored>(resource: string): ReadonlyMap<string, T> {
    return (this.#resources.get(resource) ?? NONE) as ReadonlyMap<string, T>
  }

  list<T = Stored>(resource: string): T[] {
    return [...this.all<T>(resource).values()]
  }

  get<T = Stored>(resource: string, key: string): T | undefined {
    return this.all<T>(resource).get(key)
  }

  /** Every object with the name of its resource. */
  *everything(): Iterable<readonly [string, Stored]> {
    for (const [resource, objects] of this.#resources) for (const object of objects.values()) yield [resource, object]
  }
}

/** Stored objects do not hold their own revision. */
function withRevision(object: Stored, revision: number): Stored {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}
