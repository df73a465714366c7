import { LIST_COST, MAP_COST, OBJECT_COST } from "../cost/call-cost.ts"
import { CelError, isError } from "../error.ts"
import { ValueList } from "../list.ts"
import { type MapKey, mapKey, ValueMap } from "../map.ts"
import { CelOptional, type CelResult, type CelValue } from "../value.ts"
import { keyText } from "../values/access.ts"
import { typeOf } from "../values/type-of.ts"
import type { Evaluate, Frame } from "./frame.ts"

export interface PlannedElement {
  readonly evaluate: Evaluate
  readonly optional: boolean
}

export function planList(elements: readonly PlannedElement[]): Evaluate {
  return (frame) => {
    const list = makeList(elements, frame)
    frame.charge(LIST_COST)
    return list
  }
}

function makeList(elements: readonly PlannedElement[], frame: Frame): CelResult {
  const values: CelValue[] = []
  for (const { evaluate, optional } of elements) {
    const value = evaluate(frame)
    if (isError(value)) return value
    if (!optional) values.push(value)
    else if (!(value instanceof CelOptional)) {
      return new CelError(`cannot initialize optional list element from non-optional value ${shown(value)}`)
    } else if (value.value !== undefined) values.push(value.value)
  }
  return new ValueList(values)
}

export interface PlannedEntry {
  readonly key: Evaluate
  readonly value: Evaluate
  readonly optional: boolean
}

export function planMap(entries: readonly PlannedEntry[]): Evaluate {
  return (frame) => {
    const map = makeMap(entries, frame)
    frame.charge(MAP_COST)
    return map
  }
}

function makeMap(entries: readonly PlannedEntry[], frame: Frame): CelResult {
  const made = new Map<MapKey, readonly [CelValue, CelValue]>()
  for (const entry of entries) {
    const key = entry.key(frame)
    if (isError(key)) return key
    const value = entryValue(entry, frame, () => shown(key))
    if (isError(value)) return value
    if (value === undefined) continue
    // Doubles find entries but are none.
    const found = typeof key === "number" ? undefined : mapKey(key)
    if (found === undefined) return new CelError(`unsupported key type: ${typeOf(key).name}`)
    // As in cel-go the last one of a key wins, though the specification would have an error.
    made.set(found, [key, value])
  }
  return new ValueMap(made)
}

/** Undefined for an optional without a value. */
function entryValue(
  { value: evaluate, optional }: { readonly value: Evaluate; readonly optional: boolean },
  frame: Frame,
  name: () => string,
): CelResult | undefined {
  const value = evaluate(frame)
  if (isError(value) || !optional) return value
  if (value instanceof CelOptional) return value.value
  return new CelError(`cannot initialize optional entry '${name()}' from non-optional value ${shown(value)}`)
}

export interface PlannedField {
  readonly name: string
  readonly value: Evaluate
  readonly optional: boolean
}

export function planObject(
  fields: readonly PlannedField[],
  create: (fields: ReadonlyMap<string, CelValue>) => CelResult,
): Evaluate {
  return (frame) => {
    const object = makeObject(fields, create, frame)
    frame.charge(OBJECT_COST)
    return object
  }
}

function makeObject(
  fields: readonly PlannedField[],
  create: (fields: ReadonlyMap<string, CelValue>) => CelResult,
  frame: Frame,
): CelResult {
  const values = new Map<string, CelValue>()
  for (const field of fields) {
    const value = entryValue(field, frame, () => field.name)
    if (isError(value)) return value
    if (value !== undefined) values.set(field.name, value)
  }
  return create(values)
}

function shown(value: CelValue): string {
  return keyText(value)
}
