import type { ReadFields } from "../../../machinery/schema/fields.ts"
import { int32, message, microTime, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf, StoredMeta } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { eventColumns, eventSelectableFields } from "./event-columns.ts"
import { ObjectReference } from "./references.ts"
import { type CheckedEvent, validateEvent } from "./validation/event.ts"

export const EventSource = struct("io.k8s.api.core.v1.EventSource", {
  component: string(1, { doc: "" }),
  host: string(2, { doc: "" }),
})
export type EventSource = TypeOf<typeof EventSource>

export const EventSeries = struct("io.k8s.api.core.v1.EventSeries", {
  count: int32(1, { doc: "" }),
  lastObservedTime: microTime(2, { doc: "" }),
})
export type EventSeries = TypeOf<typeof EventSeries>

/** As `--event-ttl` of kube-apiserver. */
export const EVENT_LIFETIME_SECONDS = 3600

const fields = {
  involvedObject: message(2, ObjectReference, { doc: "", required: true }),
  reason: string(3, { doc: "" }),
  message: string(4, { doc: "" }),
  source: message(5, EventSource, { doc: "", always: true }),
  firstTimestamp: time(6, { doc: "" }),
  lastTimestamp: time(7, { doc: "" }),
  count: int32(8, { doc: "" }),
  type: string(9, { doc: "" }),
  eventTime: microTime(10, { doc: "" }),
  series: message(11, EventSeries, { doc: "" }),
  action: string(12, { doc: "" }),
  related: message(13, ObjectReference, { doc: "" }),
  reportingComponent: string(14, { doc: "", always: true }),
  reportingInstance: string(15, { doc: "", always: true }),
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

/** TODO(doc) */
export const Event = defineResource({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  doc: "",
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
    validate: (event) => validateEvent(factsOf(event), "reportingComponent"),
  },
  fields,
})
export type Event = ObjectOf<typeof Event>
