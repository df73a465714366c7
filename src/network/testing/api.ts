/** For tests of this folder: a client of an API that is an array of objects per kind. */
import type { Client } from "../../client/client.ts"
import type { WatchEvent } from "../../client/transport.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined }
}

export interface ApiStub {
  readonly client: Client
  /** Resolves when everybody who watches has taken it in. */
  put(resource: AnyResource, object: Named): Promise<void>
  remove(resource: AnyResource, object: Named): Promise<void>
  /** Lists and watches fail from now on, or work again. */
  setAway(away: boolean): void
}

export function createApiStub(): ApiStub {
  const kinds = new Map<string, Kind>()
  let revision = 1
  let away = false
  const kindOf = (resource: AnyResource) => kinds.getOrInsertComputed(resource.plural, () => new Kind())
  const stamp = (object: Named) => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(++revision) },
  })

  const of = (resource: AnyResource) => ({
    async list() {
      if (away) throw new Error("connection refused")
      return { items: [...kindOf(resource).objects.values()], resourceVersion: String(revision) }
    },
    async *watch({ signal }: { signal: AbortSignal }) {
      if (away) throw new Error("connection refused")
      yield* kindOf(resource).follow(signal)
    },
  })
  return {
    // Informers use nothing but list and watch.
    client: { of } as unknown as Client,
    put: (resource, object) => kindOf(resource).put(stamp(object)),
    remove: (resource, object) => kindOf(resource).remove(stamp(object)),
    setAway(value) {
      away = value
    },
  }
}

interface Delivery {
  readonly event: WatchEvent<Named>
  readonly taken: () => void
}

class Kind {
  readonly objects = new Map<string, Named>()
  readonly #watchers = new Set<(delivery: Delivery) => void>()

  put(object: Named): Promise<void> {
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const type = this.objects.has(key) ? "MODIFIED" : "ADDED"
    this.objects.set(key, object)
    return this.#tell({ type, object })
  }

  remove(object: Named): Promise<void> {
    this.objects.delete(`${object.metadata.namespace}/${object.metadata.name}`)
    return this.#tell({ type: "DELETED", object })
  }

  async #tell(event: WatchEvent<Named>): Promise<void> {
    await Promise.all([...this.#watchers].map((deliver) => new Promise<void>((taken) => deliver({ event, taken }))))
  }

  async *follow(signal: AbortSignal): AsyncGenerator<WatchEvent<Named>> {
    const queue: Delivery[] = []
    let wake = () => {}
    const deliver = (delivery: Delivery) => {
      queue.push(delivery)
      wake()
    }
    this.#watchers.add(deliver)
    signal.addEventListener("abort", () => wake(), { once: true })
    try {
      while (!signal.aborted) {
        const next = queue.shift()
        if (next) {
          yield next.event
          next.taken()
        } else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#watchers.delete(deliver)
    }
  }
}
