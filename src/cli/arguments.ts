import { type ParseArgsOptionsConfig, parseArgs } from "node:util"
import { messageOf } from "../machinery/status/message-of.ts"
import { UserError } from "./user-error.ts"

/** Reads a command's options. Throws `UserError` for what the command does not take. */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
  operands: { readonly min: number; readonly max: number; readonly what?: string } = { min: 0, max: 0 },
) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: operands.max > 0, strict: true })
    const count = parsed.positionals.length
    if (count < operands.min || count > operands.max) {
      const wanted = operands.max === Number.POSITIVE_INFINITY ? `at least ${operands.min}` : String(operands.max)
      throw new UserError(`found ${count} operands, expected ${wanted}: ${operands.what ?? ""}`, { exitCode: 2 })
    }
    return parsed
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(messageOf(error), { exitCode: 2 })
  }
}

/** A whole number in a range. `name` is for the message. */
export function readNumber(text: string, name: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new UserError(`${name}: found "${text}", expected a number from ${min} to ${max}`, { exitCode: 2 })
}
