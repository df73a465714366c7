import type { Client } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import { type Change, type Informer, type Key, keyOf, startInformer } from "../client/informer.ts"
import { WorkQueue } from "../client/work-queue.ts"
import type { AnyResource, KubeObject, ObjectOf } from "../machinery/schema/resource.ts"
import { isConflict } from "../machinery/status/predicates.ts"
import type { Platform } from "../platform/platform.ts"
import { DecisionLog, type Trigger, Triggers } from "./decisions.ts"
import type { ControllerContext, ControllerDefinition, Reconcile } from "./define-controller.ts"
import { seeOwnWrites } from "./see-own-writes.ts"

const workersDefault = 5

export interface RunningControllers {
  /** True when no controller has a key waiting or in work. */
  readonly idle: boolean
  /** The controllers, by name. */
  readonly names: readonly string[]
  /** Ends one controller; what its reconcile functions still do comes to nothing but their writes. Throws for unknown names. */
  stop(name: string): void
  /** Runs one again that was stopped, from what is there now. Throws for unknown names. */
  start(name: string): void
  /** Resolves when every worker has ended, after `signal` aborted. */
  readonly stopped: Promise<void>
}

export interface RunControllersOptions {
  readonly definitions: readonly ControllerDefinition[]
  /** The client that a controller uses, with the controller's own identity. */
  readonly clientFor: (controller: string) => Client
  /** Lists and watches for the informers, which all controllers share. */
  readonly informerClient: Client
  /** What a controller records, with its own identity, comes from a source that may be named otherwise. */
  readonly eventsFor: (controller: string, source: string) => EventRecorder
  readonly platform: Platform
  readonly signal: AbortSignal
  /** Where it is noted what they do, and why. */
  readonly decisions?: DecisionLog
}

/** Runs control loops over shared informers until `signal` aborts. */
export function runControllers(options: RunControllersOptions): RunningControllers {
  const { platform, signal, informerClient } = options
  const decisions = options.decisions ?? new DecisionLog(platform.clock)
  const informers = new Map<AnyResource, Informer<KubeObject>>()
  const informerOf = (resource: AnyResource): Informer<KubeObject> => {
    let informer = informers.get(resource)
    if (informer === undefined) {
      informer = startInformer(informerClient, resource, { platform, signal }) as Informer<KubeObject>
      informers.set(resource, informer)
    }
    return informer
  }
  const running = new Map<string, Running>()
  const definitions = new Map(options.definitions.map((definition) => [definition.name, definition]))
  const definitionOf = (name: string): ControllerDefinition => {
    const found = definitions.get(name)
    if (found === undefined) {
      throw new TypeError(`found no controller ${name}, expected one of ${[...definitions.keys()].join(", ")}`)
    }
    return found
  }
  const start = (name: string): void => {
    const definition = definitionOf(name)
    if (running.has(name)) return
    const stop = new AbortController()
    const ending = AbortSignal.any([signal, stop.signal])
    const queue = new WorkQueue<Key>(platform.clock)
    ending.addEventListener("abort", () => queue.close(), { once: true })
    const ended = runOne(definition, queue, informerOf, { ...options, decisions, signal: ending })
    running.set(name, { queue, stop, ended })
  }
  for (const name of definitions.keys()) start(name)
  return {
    get idle() {
      return running.values().every(({ queue }) => queue.busy === 0)
    },
    names: [...definitions.keys()],
    start,
    stop(name) {
      definitionOf(name)
      running.get(name)?.stop.abort()
      running.delete(name)
    },
    get stopped() {
      return Promise.all(running.values().map(({ ended }) => ended)).then(() => undefined)
    },
  }
}

interface Running {
  readonly queue: WorkQueue<Key>
  readonly stop: AbortController
  readonly ended: Promise<void>
}

async function runOne(
  definition: ControllerDefinition,
  queue: WorkQueue<Key>,
  informerOf: (resource: AnyResource) => Informer<KubeObject>,
  options: RunControllersOptions & { readonly decisions: DecisionLog },
): Promise<void> {
  const { name, reads } = definition
  const platform: Platform = { ...options.platform, log: options.platform.log.with({ controller: name }) }
  const own = new Map(reads.map((resource) => [resource, informerOf(resource)]))
  const declared = <R extends AnyResource>(resource: R): Informer<ObjectOf<R>> => {
    const informer = own.get(resource)
    if (informer === undefined)
      throw new Error(`controller ${name} uses ${resource.plural} but does not list it in reads`)
    return informer as unknown as Informer<ObjectOf<R>>
  }
  const { decisions } = options
  const triggers = new Triggers()
  const enqueue = (keys: readonly Key[], trigger: Trigger, delayMs: (key: Key) => number = () => 0) => {
    for (const key of keys) {
      triggers.add(key, trigger)
      queue.addAfter(key, delayMs(key))
    }
  }
  const context: ControllerContext = {
    platform,
    client: seeOwnWrites(decisions.noting(options.clientFor(name)), (resource) => own.get(resource)),
    events: decisions.overhearing(options.eventsFor(name, definition.eventSource ?? name)),
    informer: declared,
    enqueue: (key) => queue.add(key),
    follow(resource, keys) {
      const stop = new AbortController()
      const signal = AbortSignal.any([options.signal, stop.signal])
      const informer = startInformer(options.informerClient, resource, { platform, signal }) as Informer<KubeObject>
      informer.onChange((change) => enqueue(keys(change), { resource, change }))
      return () => stop.abort()
    },
    enqueueOn(resource, keys, delayMs) {
      const toKeys = keys ?? ((change) => [keyOf(change.object as KubeObject)])
      declared(resource).onChange((change) =>
        enqueue(toKeys(change as Change<never>), { resource, change: change as Change<KubeObject> }, delayMs),
      )
    },
  }
  const start = definition.start(context)
  const reconcile: Reconcile = (key) => decisions.during(name, key, triggers.take(key), () => start(key))
  await Promise.all([...own.values()].map((informer) => informer.synced))
  const workers = Array.from({ length: definition.workers ?? workersDefault }, () =>
    work(queue, reconcile, { platform, signal: options.signal }),
  )
  await Promise.all(workers)
}

async function work(
  queue: WorkQueue<Key>,
  reconcile: Reconcile,
  { platform, signal }: Pick<RunControllersOptions, "platform" | "signal">,
): Promise<void> {
  for (;;) {
    const key = await queue.take()
    if (key === undefined) return
    try {
      const result = await reconcile(key)
      queue.forget(key)
      if (result?.againAfterMs !== undefined) queue.addAfter(key, result.againAfterMs)
    } catch (error) {
      // Whatever it was about to do comes to nothing.
      if (signal.aborted) return
      // A conflict only means that somebody else was faster; the next run sees the newer object.
      if (isConflict(error)) platform.log.debug("reconcile met a conflict and will run again", { key })
      else platform.log.warn("reconcile failed and will run again", { key, error })
      queue.addAfterFailure(key)
    } finally {
      queue.done(key)
    }
  }
}
