import { DecodeError, decodeValue } from "../../../machinery/decode/decode.ts"
import { isObject, type JsonObject } from "../../../machinery/patch/structure.ts"
import type { AnyStruct } from "../../../machinery/schema/schema.ts"
import { MetricSpec } from "../v2/metric-spec.ts"
import { MetricStatus } from "../v2/metric-status.ts"

/**
 * Measures as version 1 has them: in annotations, as JSON, with members of their own. Each table says which member of
 * version 1 is which of version 2, in the order in which Kubernetes writes them; a third entry is written for nothing.
 */

type Members = readonly (readonly [old: string, path: string, zero?: string])[]
type Sources = ReadonlyMap<string, Members>

const SPECS: Sources = new Map<string, Members>([
  [
    "object",
    [
      ["target", "describedObject"],
      ["metricName", "metric.name"],
      ["targetValue", "target.value", "0"],
      ["selector", "metric.selector"],
      ["averageValue", "target.averageValue"],
    ],
  ],
  [
    "pods",
    [
      ["metricName", "metric.name"],
      ["targetAverageValue", "target.averageValue", "0"],
      ["selector", "metric.selector"],
    ],
  ],
  [
    "resource",
    [
      ["name", "name"],
      ["targetAverageUtilization", "target.averageUtilization"],
      ["targetAverageValue", "target.averageValue"],
    ],
  ],
  [
    "containerResource",
    [
      ["name", "name"],
      ["targetAverageUtilization", "target.averageUtilization"],
      ["targetAverageValue", "target.averageValue"],
      ["container", "container"],
    ],
  ],
  [
    "external",
    [
      ["metricName", "metric.name"],
      ["metricSelector", "metric.selector"],
      ["targetValue", "target.value"],
      ["targetAverageValue", "target.averageValue"],
    ],
  ],
])

const STATUSES: Sources = new Map<string, Members>([
  [
    "object",
    [
      ["target", "describedObject"],
      ["metricName", "metric.name"],
      ["currentValue", "current.value", "0"],
      ["selector", "metric.selector"],
      ["averageValue", "current.averageValue"],
    ],
  ],
  [
    "pods",
    [
      ["metricName", "metric.name"],
      ["currentAverageValue", "current.averageValue", "0"],
      ["selector", "metric.selector"],
    ],
  ],
  [
    "resource",
    [
      ["name", "name"],
      ["currentAverageUtilization", "current.averageUtilization"],
      ["currentAverageValue", "current.averageValue", "0"],
    ],
  ],
  [
    "containerResource",
    [
      ["name", "name"],
      ["currentAverageUtilization", "current.averageUtilization"],
      ["currentAverageValue", "current.averageValue", "0"],
      ["container", "container"],
    ],
  ],
  [
    "external",
    [
      ["metricName", "metric.name"],
      ["metricSelector", "metric.selector"],
      ["currentValue", "current.value", "0"],
      ["currentAverageValue", "current.averageValue"],
    ],
  ],
])

export const annotateSpecs = (metrics: readonly object[]): string => goJson(metrics.map((each) => toOld(each, SPECS)))
export const annotateStatuses = (metrics: readonly object[]): string =>
  goJson(metrics.map((each) => toOld(each, STATUSES)))

/** Undefined when the text is not what Kubernetes would write; it is then left alone, as there. */
export function readSpecs(text: string | undefined): readonly MetricSpec[] | undefined {
  return readList(text, MetricSpec, (metric) => withTargetTypes(toNew(metric, SPECS))) as
    | readonly MetricSpec[]
    | undefined
}

export function readStatuses(text: string | undefined): readonly MetricStatus[] | undefined {
  return readList(text, MetricStatus, (metric) => toNew(metric, STATUSES)) as readonly MetricStatus[] | undefined
}

/** Decodes each item of a JSON list. */
export function readList(
  text: string | undefined,
  struct: AnyStruct,
  convert: (item: JsonObject) => unknown,
): readonly unknown[] | undefined {
  const list = parse(text)
  if (!Array.isArray(list) || !list.every(isObject)) return undefined
  try {
    return list.map((item) => decodeValue(struct, convert(item)))
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

export function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** JSON as Go writes it, safe to embed in HTML. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

function toOld(metric: object, sources: Sources): JsonObject {
  const from = metric as JsonObject
  const result: JsonObject = { type: from["type"] }
  for (const [source, members] of sources) {
    const value = from[source]
    if (!isObject(value)) continue
    const old: JsonObject = {}
    for (const [name, path, zero] of members) {
      const member = memberAt(value, path) ?? zero
      if (member !== undefined) old[name] = member
    }
    result[source] = old
  }
  return result
}

function toNew(metric: JsonObject, sources: Sources): JsonObject {
  const result: JsonObject = { type: metric["type"] }
  for (const [source, members] of sources) {
    const old = metric[source]
    if (!isObject(old)) continue
    const value: JsonObject = {}
    for (const [name, path] of members) if (old[name] !== undefined) setAt(value, path, old[name])
    result[source] = value
  }
  return result
}

/** Version 1 does not say how a target is meant; it follows from which of its members are set. */
function withTargetTypes(metric: JsonObject): JsonObject {
  for (const source of SPECS.keys()) {
    const value = metric[source]
    if (!isObject(value)) continue
    const target = isObject(value["target"]) ? value["target"] : {}
    // Version 1 cannot leave the value out and writes 0, which is no target.
    const isZero = source === "object" && target["averageValue"] !== undefined && target["value"] === "0"
    if (isZero) delete target["value"]
    value["target"] = { type: targetType(source, target), ...target }
  }
  return metric
}

function targetType(source: string, target: JsonObject): string {
  if (source === "external") return target["value"] === undefined ? "AverageValue" : "Value"
  if (source === "object") return target["averageValue"] === undefined ? "Value" : "AverageValue"
  return target["averageUtilization"] === undefined ? "AverageValue" : "Utilization"
}

function memberAt(value: JsonObject, path: string): unknown {
  let found: unknown = value
  for (const name of path.split(".")) found = isObject(found) ? found[name] : undefined
  return found
}

function setAt(value: JsonObject, path: string, member: unknown): void {
  const [first = "", second] = path.split(".")
  if (second === undefined) value[first] = member
  else value[first] = { ...(value[first] as JsonObject | undefined), [second]: member }
}
