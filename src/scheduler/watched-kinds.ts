import { ReplicaSet } from "../api/apps/v1/replica-set.ts"
import { StatefulSet } from "../api/apps/v1/stateful-set.ts"
import { ReplicationController } from "../api/core/v1/replication-controller.ts"
import { Service } from "../api/core/v1/service.ts"
import type { Client } from "../client/client.ts"
import { type Change, type Informer, startInformer } from "../client/informer.ts"
import type { AnyResource, ObjectOf } from "../machinery/schema/resource.ts"
import type { Platform } from "../platform/platform.ts"
import { ADD, type ClusterEvent, DELETE, UPDATE } from "./events.ts"
import { createSiblings } from "./siblings.ts"

export interface WatchOptions {
  readonly client: Client
  readonly platform: Platform
  readonly signal: AbortSignal
}

/** One watched copy of each kind that the scheduler or any of its plugins looks at. */
export class WatchedKinds {
  readonly #options: WatchOptions
  readonly #informers = new Map<AnyResource, Informer<unknown>>()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  readonly informer = <R extends AnyResource>(resource: R): Informer<ObjectOf<R>> => {
    const { client, platform, signal } = this.#options
    let informer = this.#informers.get(resource)
    if (informer === undefined) {
      informer = startInformer(client, resource, { platform, signal }) as Informer<unknown>
      this.#informers.set(resource, informer)
    }
    return informer as Informer<ObjectOf<R>>
  }

  /** Resolves when all kinds asked for so far have been listed. */
  synced(): Promise<unknown> {
    return Promise.all([...this.#informers.values()].map(({ synced }) => synced))
  }

  /** Which pods do the same work as a pod. */
  siblings(): ReturnType<typeof createSiblings> {
    return createSiblings({
      services: this.informer(Service),
      replicaSets: this.informer(ReplicaSet),
      statefulSets: this.informer(StatefulSet),
      controllers: this.informer(ReplicationController),
    })
  }
}

/** An informer's change as the queue sees it. */
export function eventOf(kind: string, change: Change<unknown>): ClusterEvent {
  switch (change.type) {
    case "added":
      return { kind, actions: ADD, object: change.object }
    case "updated":
      return { kind, actions: UPDATE, object: change.object, previous: change.previous }
    case "deleted":
      return { kind, actions: DELETE, previous: change.object }
  }
}
