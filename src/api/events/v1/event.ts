import type { ReadFields } from "../../../machinery/schema/fields.ts"
import { int32, message, microTime, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf, StoredMeta } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { EVENT_LIFETIME_SECONDS, EventSource } from "../../core/v1/event.ts"
import { eventColumns, eventSelectableFields } from "../../core/v1/event-columns.ts"
import { ObjectReference } from "../../core/v1/references.ts"
import {
  type CheckedEvent,
  validateEvent,
  validateEventChange,
  validateNewEvent,
} from "../../core/v1/validation/event.ts"

export const EventSeries = struct(
  "io.k8s.api.events.v1.EventSeries",
  {
    count: int32(1, { doc: "How often it has happened up to now; at least 2.", required: true }),
    lastObservedTime: microTime(2, { doc: "When it last happened.", required: true }),
  },
  { doc: "How often the same thing happened in a row." },
)
export type EventSeries = TypeOf<typeof EventSeries>

const fields = {
  eventTime: microTime(2, { doc: "When it was first reported, to the microsecond.", required: true }),
  series: message(3, EventSeries, { doc: "How often it happened in a row; absent when it happened once." }),
  reportingController: string(4, {
    doc: "The program that reported it, with its domain, such as kubernetes.io/kubelet. It cannot be changed.",
  }),
  reportingInstance: string(5, {
    doc: "Which instance of the program, such as the node's name; at most 128 characters.",
  }),
  action: string(6, { doc: "What the reporter was doing, or did about it; at most 128 characters." }),
  reason: string(7, { doc: "What happened, as one word such as BackOff; at most 128 characters." }),
  regarding: message(8, ObjectReference, { doc: "The object that it happened to.", always: true }),
  related: message(9, ObjectReference, { doc: "A second object that has to do with it." }),
  note: string(10, { doc: "What happened, in words for people; at most 1024 bytes." }),
  type: string(11, { doc: "Normal, or Warning for something that may need attention." }),
  deprecatedSource: message(12, EventSource, {
    doc: "The source of the core kind; only filled in by older reporters.",
    always: true,
  }),
  deprecatedFirstTimestamp: time(13, {
    doc: "The firstTimestamp of the core kind; only filled in by older reporters.",
  }),
  deprecatedLastTimestamp: time(14, { doc: "The lastTimestamp of the core kind; only filled in by older reporters." }),
  deprecatedCount: int32(15, { doc: "The count of the core kind; only filled in by older reporters." }),
}
type EventObject = { readonly metadata: StoredMeta } & ReadFields<typeof fields>

const factsOf = (event: EventObject): CheckedEvent => ({
  ...event,
  namespace: event.metadata.namespace ?? "",
  name: event.metadata.name,
  object: event.regarding,
  message: event.note,
  source: event.deprecatedSource,
  controller: event.reportingController,
  instance: event.reportingInstance,
  firstTime: event.deprecatedFirstTimestamp,
  lastTime: event.deprecatedLastTimestamp,
  count: event.deprecatedCount,
})

/**
 * Something that happened to an object, kept for about an hour.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export const Event = defineResource({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  doc: "Something that happened to an object, kept for about an hour. The newer form of the core kind Event; both show the same events.",
  definition: "io.k8s.api.events.v1.Event",
  columns: eventColumns(factsOf),
  selectableFields: {
    ...eventSelectableFields(factsOf, "regarding"),
    reportingController: (event) => event.reportingController ?? "",
  },
  strategy: {
    createOnUpdate: true,
    unconditionalUpdate: true,
    timeToLiveSeconds: EVENT_LIFETIME_SECONDS,
    dependents: "none",
    nullWhenAbsent: ["eventTime", "deprecatedFirstTimestamp", "deprecatedLastTimestamp"],
    validate: (event) => validateEvent(factsOf(event), "reportingController"),
    validateCreate: (event) => validateNewEvent(factsOf(event)),
    validateUpdate: (event, old) => validateEventChange(factsOf(event), factsOf(old)),
  },
  fields,
})
export type Event = ObjectOf<typeof Event>
