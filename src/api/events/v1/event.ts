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

export const EventSeries = struct("io.k8s.api.events.v1.EventSeries", {
  count: int32(1, { doc: "", required: true }),
  lastObservedTime: microTime(2, { doc: "", required: true }),
})
export type EventSeries = TypeOf<typeof EventSeries>

const fields = {
  eventTime: microTime(2, { doc: "", required: true }),
  series: message(3, EventSeries, { doc: "" }),
  reportingController: string(4, { doc: "" }),
  reportingInstance: string(5, { doc: "" }),
  action: string(6, { doc: "" }),
  reason: string(7, { doc: "" }),
  regarding: message(8, ObjectReference, { doc: "", always: true }),
  related: message(9, ObjectReference, { doc: "" }),
  note: string(10, { doc: "" }),
  type: string(11, { doc: "" }),
  deprecatedSource: message(12, EventSource, { doc: "", always: true }),
  deprecatedFirstTimestamp: time(13, { doc: "" }),
  deprecatedLastTimestamp: time(14, { doc: "" }),
  deprecatedCount: int32(15, { doc: "" }),
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

/** TODO(doc) */
export const Event = defineResource({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  doc: "",
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
    validate: (event) => validateEvent(factsOf(event), "reportingController"),
    validateCreate: (event) => validateNewEvent(factsOf(event)),
    validateUpdate: (event, old) => validateEventChange(factsOf(event), factsOf(old)),
  },
  fields,
})
export type Event = ObjectOf<typeof Event>
