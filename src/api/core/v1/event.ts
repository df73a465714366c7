import type { ReadFields } from "../../../machinery/schema/fields.ts"
import { int32, message, microTime, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf, StoredMeta } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { eventColumns, eventSelectableFields } from "./event-columns.ts"
import { ObjectReference } from "./references.ts"
import type { CheckedEvent } from "./validation/event.ts"

const { validateEvent } = onFirstCall<typeof import("./validation/event.ts")>("./validation/event.ts", import.meta.url)

export const EventSource = struct(
  "io.k8s.api.core.v1.EventSource",
  {
    component: string(1, { doc: "The program, such as kubelet." }),
    host: string(2, { doc: "The node that it runs on, if that matters." }),
  },
  { doc: "Who reported an event." },
)
export type EventSource = TypeOf<typeof EventSource>

export const EventSeries = struct(
  "io.k8s.api.core.v1.EventSeries",
  {
    count: int32(1, { doc: "How often it has happened up to now." }),
    lastObservedTime: microTime(2, { doc: "When it last happened." }),
  },
  { doc: "How often the same thing happened in a row." },
)
export type EventSeries = TypeOf<typeof EventSeries>

/** As `--event-ttl` of kube-apiserver. */
export const EVENT_LIFETIME_SECONDS = 3600

const fields = {
  involvedObject: message(2, ObjectReference, { doc: "The object that it happened to.", required: true }),
  reason: string(3, { doc: "What happened, as one word such as BackOff." }),
  message: string(4, { doc: "What happened, in words for people." }),
  source: message(5, EventSource, { doc: "Who reported it.", always: true }),
  firstTimestamp: time(6, { doc: "When it happened first." }),
  lastTimestamp: time(7, { doc: "When it happened last." }),
  count: int32(8, { doc: "How often it has happened." }),
  type: string(9, { doc: "Normal, or Warning for something that may need attention." }),
  eventTime: microTime(10, { doc: "When it was first reported, to the microsecond. Filled in by newer reporters." }),
  series: message(11, EventSeries, { doc: "How often it happened in a row; absent when it happened once." }),
  action: string(12, { doc: "What the reporter was doing, or did about it." }),
  related: message(13, ObjectReference, { doc: "A second object that has to do with it." }),
  reportingComponent: string(14, { doc: "The program that reported it, such as kubelet.", always: true }),
  reportingInstance: string(15, { doc: "Which instance of the program, such as the node's name.", always: true }),
}
type EventObject = { readonly metadata: StoredMeta } & ReadFields<typeof fields>

const factsOf = (event: EventObject): CheckedEvent => ({
  ...event,
  namespace: event.metadata.namespace ?? "",
  name: event.metadata.name,
  object: event.involvedObject,
  controller: event.reportingComponent,
  instance: event.reportingInstance,
  firstTime: event.firstTimestamp,
  lastTime: event.lastTimestamp,
})

/**
 * Something that happened to an object, kept for about an hour.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export const Event = defineResource({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  doc: "Something that happened to an object, kept for about an hour. For people to read; programs should not rely on it.",
  definition: "io.k8s.api.core.v1.Event",
  metadataRequired: true,
  columns: eventColumns(factsOf),
  selectableFields: {
    ...eventSelectableFields(factsOf, "involvedObject"),
    reportingComponent: (event) => event.reportingComponent,
    source: (event) => event.source.component || event.reportingComponent,
  },
  strategy: {
    createOnUpdate: true,
    unconditionalUpdate: true,
    timeToLiveSeconds: EVENT_LIFETIME_SECONDS,
    dependents: "none",
    nullWhenAbsent: ["firstTimestamp", "lastTimestamp", "eventTime"],
    validate: (event) => validateEvent(factsOf(event), "reportingComponent"),
  },
  fields,
})
export type Event = ObjectOf<typeof Event>
