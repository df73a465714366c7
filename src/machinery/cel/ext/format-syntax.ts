import { quote } from "../../field/quote.ts"
import { CelError } from "../error.ts"

const CLAUSES = ["s", "d", "f", "e", "b", "x", "X", "o"] as const
export type Clause = (typeof CLAUSES)[number]

/** A piece of text, a value to write, or why the format makes no sense from here on. */
export type FormatPart =
  | string
  | { readonly clause: Clause; readonly precision: number | undefined; readonly argument: number }
  | CelError

/** Reads a format for so many arguments. An error is the last part. */
export function* parseFormat(format: string, argumentCount: number): Generator<FormatPart> {
  let argument = 0
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf("%", at)
    if (percent < 0) return yield format.slice(at)
    yield format.slice(at, percent)
    if (format[percent + 1] === "%") {
      yield "%"
      at = percent + 2
      continue
    }
    if (argument >= argumentCount) return yield new CelError(`index ${argument} out of range`)
    if (percent + 1 >= format.length) return yield new CelError("unexpected end of string")
    const [, dot, digits = "", clause = ""] = /^%(?:(\.)([0-9]*))?(.?)/su.exec(format.slice(percent)) ?? []
    const problem = clauseProblem(dot !== undefined, digits, clause)
    if (problem !== undefined) return yield new CelError(`could not parse formatting clause: ${problem}`)
    const precision = dot === undefined ? undefined : Number(digits)
    yield { clause: clause as Clause, precision, argument }
    argument++
    at = percent + 1 + (dot === undefined ? 0 : 1 + digits.length) + clause.length
  }
}

function clauseProblem(hasPrecision: boolean, digits: string, clause: string): string | undefined {
  const inPrecision = "error while parsing precision"
  if (hasPrecision && clause === "") return `${inPrecision}: could not find end of precision specifier`
  if (hasPrecision && digits === "") {
    return `${inPrecision}: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax`
  }
  if ((CLAUSES as readonly string[]).includes(clause)) return undefined
  return `unrecognized formatting clause ${quote(clause)}`
}
