import type { Client } from "../../src/client/client.ts"
import { keyOf } from "../../src/client/informer.ts"
import type { AnyResource, KubeObject } from "../../src/machinery/schema/resource.ts"
import { isTooOld } from "../../src/machinery/status/predicates.ts"
import type { Clock } from "../../src/platform/clock.ts"
import { broken, type Invariant } from "./invariant.ts"
import type { Stored, StoredChange } from "./record.ts"

/** One watch event, as one line. */
type Line = string

/** What one list and the watches after it, resumed as often as they broke, have told. */
interface Segment {
  readonly from: number
  to: number
  readonly lines: Line[]
}

export interface FollowerOptions {
  readonly client: Client
  readonly clock: Pick<Clock, "sleep">
  readonly signal: AbortSignal
  readonly resource: AnyResource
  /** One label that objects need to have. */
  readonly label?: readonly [name: string, value: string]
}

const RETRY_MS = 500

/** Follows one kind as any client does, and compares what it was told with what has happened. */
export function follow(options: FollowerOptions): Invariant {
  const { label, resource } = options
  const name = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`
  const happened: { readonly revision: number; readonly line: Line }[] = []
  const segments: Segment[] = []
  void run(options, segments)
  return {
    name: `watch of ${name}${label ? ` with ${label.join("=")}` : ""}`,
    onChange(change) {
      const line = change.resource === name ? lineOf(change, label) : undefined
      if (line !== undefined) happened.push({ revision: change.revision, line })
    },
    atRest() {
      for (const { from, lines, to } of segments) {
        const expected = happened.filter(({ revision }) => revision > from && revision <= to).map(({ line }) => line)
        const at = expected.findIndex((line, index) => line !== lines[index])
        const first = at === -1 && lines.length > expected.length ? expected.length : at
        if (first !== -1) throw broken(`event ${first} was [${lines[first]}], expected [${expected[first]}]`)
      }
      const last = segments.at(-1)
      const missed = happened.find(({ revision }) => revision > (last?.to ?? 0))
      if (missed !== undefined) throw broken(`[${missed.line}] was never told`)
      // What is right once stays right.
      const to = last?.to ?? 0
      happened.length = 0
      segments.splice(0, Infinity, { from: to, to, lines: [] })
    },
  }
}

function lineOf({ after, before, key, revision }: StoredChange, label: FollowerOptions["label"]): Line | undefined {
  const has = (object: Stored | undefined): boolean =>
    object !== undefined &&
    (label === undefined || new Map(Object.entries(object.metadata.labels ?? {})).get(label[0]) === label[1])
  if (has(after)) return `${has(before) ? "MODIFIED" : "ADDED"} ${key} ${revision}`
  return has(before) ? `DELETED ${key} ${revision}` : undefined
}

async function run({ client, clock, label, resource, signal }: FollowerOptions, segments: Segment[]): Promise<void> {
  const objects = client.of(resource)
  const scope = label === undefined ? {} : { labelSelector: label.join("=") }
  let mustList = true
  while (!signal.aborted) {
    try {
      if (mustList) {
        const from = Number((await objects.list({ ...scope, limit: 1 })).resourceVersion)
        segments.push({ from, to: from, lines: [] })
        mustList = false
      }
      const from = String(segments.at(-1)?.to ?? 0)
      for await (const { object, type } of objects.watch({ ...scope, resourceVersion: from, signal })) {
        const { metadata } = object as KubeObject
        const segment = segments.at(-1)
        segment?.lines.push(`${type} ${keyOf({ metadata })} ${metadata.resourceVersion}`)
        if (segment !== undefined) segment.to = Number(metadata.resourceVersion)
      }
    } catch (error) {
      mustList ||= isTooOld(error)
    }
    await clock.sleep(RETRY_MS, signal).catch(() => undefined)
  }
}
