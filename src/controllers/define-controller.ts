import type { Client } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import { type Change, type Informer, type Key, keyOf } from "../client/informer.ts"
import type { AnyResource, KubeObject, ObjectOf, Verb } from "../machinery/schema/resource.ts"
import type { Platform } from "../platform/platform.ts"

/**
 * A control loop: its name, what it reads, what it writes and one function. Its RBAC role and its informers derive from
 * `reads` and `writes`.
 */
export interface ControllerDefinition {
  /** Lower case with dashes, as in `system:controller:<name>`. */
  readonly name: string
  readonly reads: readonly AnyResource[]
  readonly writes: readonly Write[]
  /** What it may do beyond reading and writing objects. */
  readonly rights?: readonly Right[]
  /** How its events name their source. Default: its name. */
  readonly eventSource?: string
  /** How many keys are worked on at once. Default 5. */
  readonly workers?: number
  /** Subscribes to the informers and returns what to do for one key. Called once at the start. */
  readonly start: (context: ControllerContext) => Reconcile
}

export interface Write {
  readonly resource: AnyResource
  readonly verbs: readonly Verb[]
  readonly subresource?: string
}

/** A rule of an RBAC role. */
export interface Right {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

/** Brings the world closer to what the object under `key` asks for. Throwing repeats it later, with growing pauses. */
export type Reconcile = (key: Key) => Promise<ReconcileResult | undefined | void>
export interface ReconcileResult {
  /** Run again for this key after so many milliseconds, even if nothing changes. */
  readonly againAfterMs?: number
}

export interface ControllerContext {
  readonly platform: Platform
  /** Writes through it are seen by the informers before the same key is reconciled again. */
  readonly client: Client
  readonly events: EventRecorder
  /** The shared copy of a kind listed in `reads`. */
  informer<R extends AnyResource>(resource: R): Informer<ObjectOf<R>>
  /**
   * Reconciles the keys that `keys` gives for each change of a kind (default: the object's own key), at once or after a
   * time in which further changes come to nothing more.
   */
  enqueueOn<R extends AnyResource>(
    resource: R,
    keys?: (change: Change<ObjectOf<R>>) => readonly Key[],
    delayMs?: (key: Key) => number,
  ): void
  /** The same for a kind that came while the controller runs. Returns a function that ends it. */
  follow(resource: AnyResource, keys: (change: Change<KubeObject>) => readonly Key[]): () => void
  enqueue(key: Key): void
}

export function defineController(definition: ControllerDefinition): ControllerDefinition {
  return definition
}

/** For `enqueueOn`: the key of the controlling owner, when it is of the given kind. */
export function ownerKey(owner: AnyResource) {
  return (change: Change<KubeObject>): readonly Key[] => {
    const { ownerReferences, namespace } = change.object.metadata
    const found = ownerReferences?.find((reference) => reference.controller && reference.kind === owner.kind)
    return found === undefined ? [] : [keyOf({ metadata: { namespace, name: found.name } })]
  }
}
