import { Event as CoreEvent } from "../../api/core/v1/event.ts"
import { Event } from "../../api/events/v1/event.ts"
import { decodeValue } from "../../machinery/decode/decode.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { OtherForm } from "./other-form.ts"

/** Events are one kind of object with two forms: the members of `events.k8s.io` and their names in the core group. */
const NAMES: readonly (readonly [event: string, core: string])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
]
const toCore = new Map(NAMES)
const toEvent = new Map(NAMES.map(([event, core]) => [core, event]))

export const eventForm: OtherForm = {
  resource: Event,
  storage: CoreEvent,
  hasOwnRules: true,
  toStorage: (object) => renamed(CoreEvent, object, toCore),
  fromStorage: (object) => renamed(Event, object, toEvent),
  storageField: (path) => {
    const [first = "", ...rest] = path.split(".")
    return [toCore.get(first) ?? first, ...rest].join(".")
  },
}

function renamed(
  target: typeof Event | typeof CoreEvent,
  object: KubeObject,
  names: ReadonlyMap<string, string>,
): KubeObject {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(object)) result[names.get(name) ?? name] = value
  const { apiVersion, kind } = target
  return decodeValue(target.struct, { ...result, apiVersion, kind }) as KubeObject
}
