import { emptyActivation } from "../activation.ts"
import { type CelError, isError } from "../error.ts"
import { CelList } from "../list.ts"
import { type MapKey, mapKey } from "../map.ts"
import type { CelValue } from "../value.ts"
import { type Evaluate, Frame } from "./frame.ts"
import type { Plan } from "./plan.ts"

/** Thrown while an expression is planned that can never be evaluated. */
export class PlanError extends Error {
  readonly error: CelError

  constructor(error: CelError) {
    super(error.message)
    this.error = error
  }
}

const CONVERSIONS = new Set([
  "bool",
  "bytes",
  "double",
  "duration",
  "dyn",
  "int",
  "string",
  "timestamp",
  "type",
  "uint",
])

/** A list or map of constants is a constant; so is what goes wrong when it is made. */
export function foldLiteral(evaluate: Evaluate): Plan {
  const value = evaluate(new Frame(emptyActivation, {}))
  return isError(value) ? { kind: "computed", evaluate: () => value } : { kind: "constant", value }
}

/** A conversion of a constant is made at once. Throws PlanError when it fails. */
export function foldConversion(name: string, planned: Plan & { kind: "computed" }): Plan {
  if (!CONVERSIONS.has(name)) return planned
  const value = planned.evaluate(new Frame(emptyActivation, {}))
  if (isError(value)) throw new PlanError(value)
  return { kind: "constant", value }
}

/**
 * `x in list` of a constant list of plain values looks into a set, and costs nothing beyond `x`. Undefined when the
 * list has other values.
 */
export function membershipOf(argument: Evaluate, list: CelValue): Plan | undefined {
  if (!(list instanceof CelList)) return undefined
  const keys = new Set<MapKey | number>()
  for (const element of list) {
    const key = isError(element) ? undefined : setKey(element)
    if (key === undefined) return undefined
    keys.add(key)
  }
  if (keys.size === 0) return { kind: "constant", value: false }
  return {
    kind: "computed",
    evaluate: (frame) => {
      const value = argument(frame)
      if (isError(value)) return value
      const key = setKey(value)
      return key !== undefined && !Number.isNaN(key) && keys.has(key)
    },
  }
}

function setKey(value: CelValue): MapKey | number | undefined {
  return mapKey(value) ?? (typeof value === "number" ? value : undefined)
}
