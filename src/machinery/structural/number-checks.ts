import { goFloat } from "../field/go-float.ts"
import type { SchemaSource } from "./schema-source.ts"
import type { Check, Types } from "./value-checks.ts"
import { type Place, placeText, type ValueReport } from "./value-report.ts"

const INT32_MAX = 2 ** 31 - 1
const FLOAT32_MAX = 3.4028234663852886e38

interface Bounds {
  readonly source: SchemaSource
  /** `integer` or `number`; empty where there is not one type. */
  readonly type: string
  readonly format: string
}

/** Range of the type, multiples and bounds, as Kubernetes compares 64-bit integers and doubles. */
export function compileNumbers(source: SchemaSource, { all, format }: Types): Check {
  const single = all.length === 1 ? (all[0] ?? "") : ""
  const type = single === "integer" || single === "number" ? single : ""
  const bounds: Bounds = { source, type, format: type === "" ? "" : format }
  const { multipleOf, maximum, minimum } = source
  return (value, place, report) => {
    const number = Number(value)
    const isInteger = typeof value !== "number" || Number.isSafeInteger(value)
    checkRange(number, isInteger, "Checked", bounds, place, report)
    if (multipleOf !== undefined) checkMultiple(value, isInteger, multipleOf, bounds, place, report)
    if (maximum !== undefined) checkBound(value, isInteger, "Maximum", maximum, bounds, place, report)
    if (minimum !== undefined) checkBound(value, isInteger, "Minimum", minimum, bounds, place, report)
    return 1
  }
}

/** Whether a number, of a value or in the schema, can be of the type at all. */
function checkRange(
  number: number,
  isInteger: boolean,
  what: string,
  { type, format }: Bounds,
  place: Place | undefined,
  report: ValueReport,
): boolean {
  const withFormat = format === "" ? " (default format)" : ` with format ${format}`
  const fits =
    type === "integer"
      ? isInteger && (format !== "int32" || (number <= INT32_MAX && number >= -INT32_MAX - 1))
      : format !== "float" || Math.abs(number) <= FLOAT32_MAX
  if (!fits) report.composite(`${what} value must be of type ${type}${withFormat} in ${placeText(place)}`)
  return fits
}

function checkMultiple(
  value: unknown,
  isInteger: boolean,
  factor: number,
  bounds: Bounds,
  place: Place | undefined,
  report: ValueReport,
): void {
  const exact = checkRange(factor, Number.isSafeInteger(factor), "MultipleOf", bounds, place, report) && isInteger
  const by = exact ? Math.trunc(factor) : factor
  if (by <= 0) {
    report.invalidNumber(
      place,
      goFloat(by),
      `factor MultipleOf declared for ${placeText(place)} must be positive: ${goFloat(by)}`,
    )
    return
  }
  const number = Number(value)
  const isMultiple = exact
    ? BigInt(String(value)) % BigInt(by) === 0n
    : Number.isSafeInteger(by < 1 ? (1 / by) * number : number / by)
  if (isMultiple) return
  const text = `${placeText(place)} in body should be a multiple of ${exact ? String(by) : goFloat(by)}`
  report.invalidNumber(place, exact ? String(value) : goFloat(number), text)
}

function checkBound(
  value: unknown,
  isInteger: boolean,
  which: "Maximum" | "Minimum",
  bound: number,
  bounds: Bounds,
  place: Place | undefined,
  report: ValueReport,
): void {
  const fits = checkRange(bound, Number.isSafeInteger(bound), `${which} boundary`, bounds, place, report)
  // Integers are compared with the whole part of the bound, as in Kubernetes.
  const limit = fits && isInteger ? Math.trunc(bound) : bound
  const { exclusiveMaximum = false, exclusiveMinimum = false } = bounds.source
  const exclusive = which === "Maximum" ? exclusiveMaximum : exclusiveMinimum
  const number = Number(value)
  const beyond = which === "Maximum" ? number - limit : limit - number
  if (exclusive ? beyond < 0 : beyond <= 0) return
  const than = which === "Maximum" ? "less than" : "greater than"
  const exact = fits && isInteger
  const text = `${placeText(place)} in body should be ${than}${exclusive ? "" : " or equal to"} ${exact ? String(limit) : goFloat(limit)}`
  report.invalidNumber(place, exact ? String(value) : goFloat(number), text)
}
