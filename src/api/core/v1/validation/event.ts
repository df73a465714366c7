import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import type { EventFacts } from "../event-columns.ts"
import type { ObjectReference } from "../references.ts"
import { type Errors, NONE, qualified, subdomain } from "./rules.ts"

const WORD_LENGTH_MAX = 128
const NOTE_LENGTH_MAX = 1024

/** An event in terms of both versions of the API. Paths are those of the core version, as in Kubernetes. */
export interface CheckedEvent extends EventFacts {
  readonly namespace: string
  readonly action?: string | undefined
  readonly related?: ObjectReference | undefined
}

/** Rules of all events; those with an event time have to say more. `controller` is the name of the reporter's field. */
export function validateEvent(event: CheckedEvent, controllerField: string): Errors {
  const { namespace, object, eventTime, controller = "", instance = "", action = "", reason = "", message = "" } = event
  const about = object.namespace ?? ""
  const elsewhere = [field.invalid("involvedObject.namespace", about, "does not match event.namespace")]
  const names = subdomain(namespace, FieldPath.root("namespace"))
  if (!eventTime) {
    const fits = about === "" ? namespace === "" || namespace === "default" : namespace === about
    return [...(fits ? NONE : elsewhere), ...names]
  }
  const fits = about !== "" || namespace === "default" || namespace === "kube-system"
  return [
    ...(fits ? NONE : elsewhere),
    ...(controller === "" ? [field.required(controllerField)] : NONE),
    ...qualified(controller, FieldPath.root(controllerField)),
    ...word("reportingInstance", instance),
    ...word("action", action),
    ...word("reason", reason),
    ...(message.length > NOTE_LENGTH_MAX
      ? [field.invalid("message", "", `can have at most ${NOTE_LENGTH_MAX} characters`)]
      : NONE),
    ...names,
  ]
}

function word(name: string, value: string): Errors {
  if (value === "") return [field.required(name)]
  if (value.length <= WORD_LENGTH_MAX) return NONE
  return [field.invalid(name, "", `can have at most ${WORD_LENGTH_MAX} characters`)]
}

/** What the newer version asks of a new event. */
export function validateNewEvent(event: CheckedEvent): Errors {
  const { type = "", eventTime, firstTime, lastTime, count, source } = event
  const unset = (name: string, isSet: boolean) => (isSet ? [field.invalid(name, "", "needs to be unset")] : NONE)
  return [
    ...validateSeries(event),
    ...(eventTime ? NONE : [field.required("eventTime")]),
    ...(type === "Normal" || type === "Warning" ? NONE : [field.invalid("type", "", `has invalid value: ${type}`)]),
    ...unset("firstTimestamp", Boolean(firstTime)),
    ...unset("lastTimestamp", Boolean(lastTime)),
    ...unset("count", Boolean(count)),
    ...unset("source", Boolean(source.component || source.host)),
  ]
}

function validateSeries({ series }: CheckedEvent): Errors {
  if (series === undefined) return NONE
  const errors: FieldError[] = []
  if ((series.count ?? 0) < 2) errors.push(field.invalid("series.count", "", "should be at least 2"))
  if (!series.lastObservedTime) errors.push(field.required("series.lastObservedTime"))
  return errors
}

const FIXED = [
  ["involvedObject", "object"],
  ["reason", "reason"],
  ["message", "message"],
  ["source", "source"],
  ["firstTimestamp", "firstTime"],
  ["lastTimestamp", "lastTime"],
  ["count", "count"],
  ["reason", "reason"],
  ["type", "type"],
  ["eventTime", "eventTime"],
  ["action", "action"],
  ["related", "related"],
  ["reportingController", "controller"],
  ["reportingInstance", "instance"],
] as const

/** In the newer version only the series of an event goes on. */
export function validateEventChange(event: CheckedEvent, old: CheckedEvent): Errors {
  const series = deepEqual(event.series ?? null, old.series ?? null) ? NONE : validateSeries(event)
  const changed = FIXED.filter(([, member]) => !deepEqual(event[member] ?? null, old[member] ?? null))
  return [...series, ...changed.map(([name, member]) => field.invalid(name, event[member], "field is immutable"))]
}
