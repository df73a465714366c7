import { Event } from "../api/core/v1/event.ts"
import type { ManifestOf } from "../machinery/schema/resource.ts"
import { isNotFound } from "../machinery/status/predicates.ts"
import { StatusError } from "../machinery/status/status-error.ts"
import type { Platform } from "../platform/platform.ts"
import type { Client } from "./client.ts"

/** The object that an event is about. */
export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion?: string
  }
}
export type EventType = "Normal" | "Warning"
export interface EventOptions {
  /** The part of the object that is meant, such as `spec.containers{web}`. */
  readonly fieldPath?: string
  /** What programs need not read from the message. */
  readonly annotations?: Readonly<Record<string, string>>
  /** What was tried or done, such as `Scheduling`. */
  readonly action?: string
  /** For whom, or because of what. */
  readonly related?: EventSubject
}

/** Tells users what happened to an object. Recording never fails and never waits; repeats raise a count. */
export interface EventRecorder {
  record(about: EventSubject, type: EventType, reason: string, message: string, options?: EventOptions): void
  /** Resolves when everything recorded so far was sent or given up. */
  flushed(): Promise<void>
}

/** As client-go's correlator: per source and object a burst of 25 events, then one in five minutes. */
const burst = 25
const refillMs = 300_000
const rememberedMax = 4096

interface Series {
  readonly name: string
  readonly namespace: string
  readonly firstTimestamp: string
  count: number
}

export function createEventRecorder(options: {
  readonly client: Client
  /** Named as the event's source, such as `kubelet`. */
  readonly component: string
  /** The node the source runs on, for node components. */
  readonly host?: string
  readonly platform: Pick<Platform, "clock" | "random" | "log">
}): EventRecorder {
  const { client, component, host, platform } = options
  const seriesByKey = new Map<string, Series>()
  const budgets = new Map<string, { tokens: number; atMs: number }>()
  let tail: Promise<void> = Promise.resolve()

  const allowed = (uid: string): boolean => {
    const nowMs = platform.clock.nowMs()
    const budget = budgets.get(uid) ?? { tokens: burst, atMs: nowMs }
    const tokens = Math.min(burst, budget.tokens + (nowMs - budget.atMs) / refillMs)
    remember(budgets, uid, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs })
    return tokens >= 1
  }

  const create = async (key: string, event: EventFacts, now: string): Promise<void> => {
    const { name, namespace = "default" } = event.about.metadata
    const suffix = Buffer.from(platform.random.bytes(8)).toString("hex")
    const series = { name: `${name}.${suffix}`, namespace, firstTimestamp: now, count: 1 }
    remember(seriesByKey, key, series)
    await client.of(Event).create(manifest(event, series, { component, ...(host && { host }) }))
  }

  const send = async (event: EventFacts): Promise<void> => {
    const { about, type, reason, message, fieldPath } = event
    const now = new Date(platform.clock.nowMs()).toISOString().replace(/\.\d+Z$/, "Z")
    const key = JSON.stringify([about.metadata.uid, about.kind, fieldPath, type, reason, message])
    const series = seriesByKey.get(key)
    if (series === undefined) return create(key, event, now)
    series.count += 1
    try {
      const patch = { count: series.count, lastTimestamp: now }
      await client.of(Event).patch(series, patch, { type: "merge" })
    } catch (error) {
      if (!isNotFound(error)) throw error
      await create(key, event, now)
    }
  }

  return {
    record(about, type, reason, message, eventOptions) {
      if (!allowed(about.metadata.uid)) return
      const event = { about, type, reason, message, ...eventOptions }
      tail = tail
        .then(() => send(event))
        .catch((error: unknown) => {
          // An event about an object whose namespace is going away cannot be stored, and nobody would read it.
          const expected = error instanceof StatusError && (error.code === 403 || error.code === 404)
          platform.log[expected ? "debug" : "warn"]("event was not recorded", { reason, message, error })
        })
    },
    flushed: () => tail,
  }
}

interface EventFacts extends EventOptions {
  readonly about: EventSubject
  readonly type: EventType
  readonly reason: string
  readonly message: string
}

function manifest(
  event: EventFacts,
  series: Series,
  source: { readonly component: string; readonly host?: string },
): ManifestOf<typeof Event> {
  const { about, action, annotations, type, reason, related, message, fieldPath } = event
  return {
    metadata: { name: series.name, namespace: series.namespace, ...(annotations && { annotations }) },
    involvedObject: { ...referenceTo(about), ...(fieldPath !== undefined && { fieldPath }) },
    ...(action !== undefined && { action }),
    ...(related !== undefined && { related: referenceTo(related) }),
    type,
    reason,
    message,
    source,
    firstTimestamp: series.firstTimestamp,
    lastTimestamp: series.firstTimestamp,
    count: series.count,
    reportingComponent: source.component,
    reportingInstance: source.host ?? "",
  }
}

function referenceTo({ apiVersion, kind, metadata }: EventSubject) {
  const { name, namespace, uid, resourceVersion } = metadata
  return { apiVersion, kind, name, namespace, uid, resourceVersion }
}

/** Keeps the most recent entries only. */
function remember<V>(entries: Map<string, V>, key: string, value: V): void {
  entries.delete(key)
  entries.set(key, value)
  if (entries.size <= rememberedMax) return
  const [oldest] = entries.keys()
  if (oldest !== undefined) entries.delete(oldest)
}
