import type { Column } from "../../../machinery/schema/resource.ts"
import { since } from "../../columns.ts"
import type { EventSource } from "./event.ts"
import type { ObjectReference } from "./references.ts"

/** What both versions of the event API can tell, under one set of names. */
export interface EventFacts {
  readonly name: string
  readonly type?: string | undefined
  readonly reason?: string | undefined
  readonly object: ObjectReference
  readonly message?: string | undefined
  readonly source: EventSource
  readonly controller?: string | undefined
  readonly instance?: string | undefined
  readonly firstTime?: string | null | undefined
  readonly lastTime?: string | null | undefined
  readonly eventTime?: string | null | undefined
  readonly count?: number | undefined
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string | null } | undefined
}

function sourceCell({ source, controller, instance }: EventFacts): string {
  const component = source.component || controller || ""
  const at = source.host || instance || ""
  return at === "" ? component : `${component}, ${at}`
}

function objectCell({ object }: EventFacts): string {
  const kind = (object.kind ?? "").toLowerCase()
  return object.name ? `${kind}/${object.name}` : kind
}

const firstSeen = (event: EventFacts) => event.firstTime || event.eventTime
const lastSeen = (event: EventFacts) =>
  event.series === undefined ? event.lastTime || firstSeen(event) : event.series.lastObservedTime

/** The columns of a version of the event API. The name comes last: it tells people nothing. */
export function eventColumns<T>(factsOf: (event: T) => EventFacts): readonly Column<T>[] {
  const column = (
    name: string,
    doc: string,
    priority: 0 | 1,
    cell: (event: EventFacts, nowMs: number) => string | number,
  ): Column<T> => ({ name, type: "string", doc, priority, value: (event, nowMs) => cell(factsOf(event), nowMs) })
  return [
    column("Last Seen", "How long ago it happened last.", 0, (event, nowMs) => since(lastSeen(event), nowMs)),
    column("Type", "Normal or Warning.", 0, ({ type = "" }) => type),
    column("Reason", "Why, in one word.", 0, ({ reason = "" }) => reason),
    column("Object", "What it is about.", 0, objectCell),
    column("Subobject", "The part of the object that it is about.", 1, ({ object }) => object.fieldPath ?? ""),
    column("Source", "Who reported it, and from where.", 1, sourceCell),
    column("Message", "What happened.", 0, ({ message = "" }) => message.trim()),
    column("First Seen", "How long ago it happened first.", 1, (event, nowMs) => since(firstSeen(event), nowMs)),
    column("Count", "How often it happened.", 1, ({ series, count }) => series?.count ?? (count || 1)),
    { ...column("Name", "The name of the event object.", 1, ({ name }) => name), format: "name" },
  ]
}

/** Fields by which `--field-selector` picks events; `object` is what this version calls the event's object. */
export function eventSelectableFields<T>(
  factsOf: (event: T) => EventFacts,
  object: "involvedObject" | "regarding",
): Readonly<Record<string, (event: T) => string>> {
  const field = (read: (event: EventFacts) => string | undefined) => (event: T) => read(factsOf(event)) ?? ""
  return {
    [`${object}.kind`]: field((event) => event.object.kind),
    [`${object}.namespace`]: field((event) => event.object.namespace),
    [`${object}.name`]: field((event) => event.object.name),
    [`${object}.uid`]: field((event) => event.object.uid),
    [`${object}.apiVersion`]: field((event) => event.object.apiVersion),
    [`${object}.resourceVersion`]: field((event) => event.object.resourceVersion),
    [`${object}.fieldPath`]: field((event) => event.object.fieldPath),
    reason: field(({ reason }) => reason),
    type: field(({ type }) => type),
  }
}
