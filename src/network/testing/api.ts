/** For tests of this folder: a client of an API that is an array of objects per kind. */
import type { Client } from "../../client/client.ts"
import type { WatchEvent } from "../../client/transport.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined }
}

export interface ApiStub {
  readonly client: Client
  put(resource: AnyResource, object: Named): void
  remove(resource: AnyResource, object: Named): void
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

class Kind {
  readonly objects = new Map<string, Named>()
  readonly #watchers = new Set<(event: WatchEvent<Named>) => void>()

  put(object: Named): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const type = this.objects.has(key) ? "MODIFIED" : "ADDED"
    this.objects.set(key, object)
    for (const tell of this.#watchers) tell({ type, object })
  }

  remove(object: Named): void {
    this.objects.delete(`${object.metadata.namespace}/${object.metadata.name}`)
    for (const tell of this.#watchers) tell({ type: "DELETED", object })
  }

  async *follow(signal: AbortSignal): AsyncGenerator<WatchEvent<Named>> {
    const queue: WatchEvent<Named>[] = []
    let wake = () => {}
    const tell = (event: WatchEvent<Named>) => {
      queue.push(event)
      wake()
    }
    this.#watchers.add(tell)
    signal.addEventListener("abort", () => wake(), { once: true })
    try {
      while (!signal.aborted) {
        const event = queue.shift()
        if (event) yield event
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#watchers.delete(tell)
    }
  }
}
