import { standardCallCost } from "../cost/call-cost.ts"
import type { OverloadDeclaration } from "../declarations.ts"
import { CelError, isError, noSuchOverload } from "../error.ts"
import type { ProgramOptions } from "../program.ts"
import { CelOptional, type CelResult, type CelValue } from "../value.ts"
import type { Evaluate, Frame } from "./frame.ts"
import { overloadMismatch } from "./mismatch.ts"
import { type Accepts, accepts } from "./runtime-types.ts"

/** A call with everything about it that is known before it is evaluated. */
export interface PlannedCall {
  readonly name: string
  /** The receiver first. */
  readonly args: readonly Evaluate[]
  /** Those that may apply; tried in this order. */
  readonly overloads: readonly OverloadDeclaration[]
  /** Whether the first error ends it, before the other arguments are evaluated; so it is with three and more. */
  readonly stopsAtError?: boolean
}

interface Candidate {
  readonly call: (...args: CelValue[]) => CelResult
  readonly accepts: readonly Accepts[]
}

type Invoke = (args: readonly CelValue[]) => CelResult
type Cost = (args: readonly CelResult[], result: CelResult) => number

export function planCall(call: PlannedCall, callCost: ProgramOptions["callCost"]): Evaluate {
  const invoke = dispatch(call)
  const cost = costOf(call, callCost)
  const [first, second] = call.args
  if (first !== undefined && second !== undefined && call.args.length === 2 && call.stopsAtError !== true)
    return binary(first, second, invoke, cost)
  if (first !== undefined && call.args.length === 1) return unary(first, invoke, cost)
  return variadic(call.args, invoke, cost)
}

function unary(argument: Evaluate, invoke: Invoke, cost: Cost): Evaluate {
  return (frame) => {
    const value = argument(frame)
    const args = [value]
    const result = isError(value) ? value : invoke([value])
    frame.charge(cost(args, result))
    return result
  }
}

/** Both arguments are evaluated, and paid for, even when the first one is an error. */
function binary(first: Evaluate, second: Evaluate, invoke: Invoke, cost: Cost): Evaluate {
  return (frame) => {
    const a = first(frame)
    const b = second(frame)
    const result = isError(a) ? a : isError(b) ? b : invoke([a, b])
    frame.charge(cost([a, b], result))
    return result
  }
}

function variadic(evaluators: readonly Evaluate[], invoke: Invoke, cost: Cost): Evaluate {
  return (frame) => {
    const args: CelValue[] = []
    for (const evaluate of evaluators) {
      const value = evaluate(frame)
      if (isError(value)) {
        // The call is paid for once all arguments were evaluated, whatever came of them.
        if (args.length === evaluators.length - 1) frame.charge(cost([...args, value], value))
        return value
      }
      args.push(value)
    }
    const result = invoke(args)
    frame.charge(cost(args, result))
    return result
  }
}

function dispatch({ name, overloads, args }: PlannedCall): Invoke {
  const candidates: Candidate[] = []
  for (const { call, arguments: parameters } of overloads) {
    if (call !== undefined && parameters.length === args.length)
      candidates.push({ call, accepts: parameters.map(accepts) })
  }
  const [only, ...others] = candidates
  if (only === undefined) return () => new CelError(`no such overload: ${name}`)
  if (others.length === 0) {
    return (values) => (fits(only, values) ? only.call(...values) : overloadMismatch(name, values))
  }
  return (values) => {
    for (const candidate of candidates) if (fits(candidate, values)) return candidate.call(...values)
    return overloadMismatch(name, values)
  }
}

function fits({ accepts }: Candidate, values: readonly CelValue[]): boolean {
  for (let i = 0; i < accepts.length; i++) if (accepts[i]?.(values[i] as CelValue) !== true) return false
  return true
}

/** By the overload's own hook, the program's, or the standard costs. */
function costOf({ name, overloads }: PlannedCall, callCost: ProgramOptions["callCost"]): Cost {
  const single = overloads.length === 1 ? overloads[0] : undefined
  const id = single?.id ?? ""
  const standard = standardCallCost(id)
  const own = single?.cost
  if (own === undefined && callCost === undefined) return standard ?? (() => 1)
  return (args, result) => {
    const values = args as readonly CelValue[]
    return own?.(values, result) ?? callCost?.(name, id, values, result) ?? standard?.(args) ?? 1
  }
}

/** True as soon as one is true, whatever the others: errors count only when nothing decides. */
export function planLogic(terms: readonly Evaluate[], decisive: boolean): Evaluate {
  return (frame) => {
    let error: CelError | undefined
    for (const term of terms) {
      const value = term(frame)
      if (value === decisive) return decisive
      if (typeof value !== "boolean") error ??= isError(value) ? value : noSuchOverload()
    }
    return error ?? !decisive
  }
}

/** False only for false: an error lets a loop go on, since a later element may decide. */
export function planNotStrictlyFalse(argument: Evaluate, frameCost = 1): Evaluate {
  return (frame: Frame) => {
    const value = argument(frame)
    frame.charge(frameCost)
    return value !== false
  }
}

/** `optional.or(other)` and `optional.orValue(value)`: the other is evaluated only when it is needed. */
export function planOptionalOr(optional: Evaluate, other: Evaluate, unwrap: boolean): Evaluate {
  return (frame) => {
    const value = optional(frame)
    if (!(value instanceof CelOptional)) return value
    if (value.value === undefined) return other(frame)
    return unwrap ? value.value : value
  }
}
