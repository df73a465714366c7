import { CelError, isError } from "../error.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import type { CelResult, CelValue } from "../value.ts"
import { typeOf } from "../values/type-of.ts"
import { GrowingList, GrowingMap } from "./accumulators.ts"
import type { Evaluate, Frame } from "./frame.ts"

export interface PlannedComprehension {
  readonly range: Evaluate
  readonly initial: Evaluate
  readonly condition: Evaluate
  readonly step: Evaluate
  readonly result: Evaluate
  /** Where the variables are kept. */
  readonly accumulator: number
  readonly variable: number
  readonly variable2: number | undefined
  /** Whether it was made by a macro that collects into an empty list or map. */
  readonly collects: boolean
}

export function planComprehension(plan: PlannedComprehension): Evaluate {
  const initial: Evaluate = plan.collects ? (frame) => growing(plan.initial(frame)) : plan.initial
  return (frame) => {
    const range = plan.range(frame)
    if (isError(range)) return range
    frame.locals[plan.accumulator] = initial
    const error = fold(plan, range, frame)
    if (error !== undefined) return error
    const result = plan.result(frame)
    return result instanceof GrowingList || result instanceof GrowingMap ? result.finish() : result
  }
}

function growing(value: CelResult): CelResult {
  if (value instanceof CelList) return new GrowingList()
  return value instanceof CelMap ? new GrowingMap() : value
}

function fold(plan: PlannedComprehension, range: CelValue, frame: Frame): CelError | undefined {
  if (range instanceof CelList) {
    for (let i = 0; i < range.size; i++) {
      const going =
        plan.variable2 === undefined ? step(plan, frame, range.at(i)) : step(plan, frame, BigInt(i), range.at(i))
      if (!going) break
    }
    return undefined
  }
  if (range instanceof CelMap) {
    for (const key of range.keys()) {
      const going = plan.variable2 === undefined ? step(plan, frame, key) : step(plan, frame, key, range.find(key))
      if (!going) break
    }
    return undefined
  }
  const name = goTypeName(range)
  return new CelError(
    plan.variable2 === undefined
      ? `got '${name}', expected iterable type`
      : `unsupported comprehension range type: ${name}`,
  )
}

function step(plan: PlannedComprehension, frame: Frame, first: CelResult, second: CelResult = null): boolean {
  const { locals } = frame
  locals[plan.variable] = first
  if (plan.variable2 !== undefined) locals[plan.variable2] = second
  if (plan.condition(frame) === false) return false
  locals[plan.accumulator] = plan.step(frame)
  return true
}

/** Clients see what cel-go calls the type in Go. */
const GO_TYPE_NAMES = new Map([
  ["null_type", "types.Null"],
  ["google.protobuf.Timestamp", "types.Timestamp"],
  ["google.protobuf.Duration", "types.Duration"],
  ["optional_type", "*types.Optional"],
  ["type", "*types.Type"],
])

function goTypeName(value: CelValue): string {
  const { name } = typeOf(value)
  return GO_TYPE_NAMES.get(name) ?? `types.${name.charAt(0).toUpperCase()}${name.slice(1)}`
}
