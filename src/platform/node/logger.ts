import type { Writable } from "node:stream"
import { inspect } from "node:util"
import type { LogFields, Logger } from "../log.ts"

export const logLevels = ["debug", "info", "warn", "error"] as const
export type LogLevel = (typeof logLevels)[number]

export interface LoggerOptions {
  /** The least level that is printed. */
  readonly level: LogLevel
  readonly to: Writable
  /** Time of a line, in milliseconds since the Unix epoch. */
  readonly nowMs: () => number
}

/** A logger that prints logfmt: `2026-01-02T03:04:05.678Z info message key=value`. */
export function createLogger(options: LoggerOptions, inherited: LogFields = {}): Logger {
  const least = logLevels.indexOf(options.level)
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < least) return
      const verbose = options.level === "debug"
      let line = `${new Date(options.nowMs()).toISOString()} ${level} ${quoteControl(message)}`
      for (const [key, value] of Object.entries({ ...inherited, ...fields })) {
        if (value !== undefined) line += ` ${key}=${formatValue(value, verbose)}`
      }
      options.to.write(`${line}\n`)
    }
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLogger(options, { ...inherited, ...fields }),
  }
}

function formatValue(value: unknown, verbose: boolean): string {
  if (value instanceof Error) return quote(verbose ? inspect(value) : errorChain(value))
  if (typeof value === "string") return quote(value)
  if (typeof value === "object" && value !== null) {
    return quote(inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 4 }))
  }
  return String(value)
}

/** An error and what caused it, on one line: `outer: because: inner`. */
function errorChain(error: Error): string {
  const messages: string[] = []
  for (let at: unknown = error, depth = 0; at !== undefined && depth < 10; depth++) {
    const message = at instanceof Error ? at.message || at.name : String(at)
    // Many errors repeat the message of their cause.
    if (!messages.some((said) => said.includes(message))) messages.push(message)
    at = at instanceof Error ? at.cause : undefined
  }
  return messages.join(": ")
}

function quote(text: string): string {
  return text === "" || /[\s"=\\\u0000-\u001f\u007f]/.test(text) ? JSON.stringify(text) : text
}

// A line break in a message would let a value from outside forge a line.
function quoteControl(message: string): string {
  return /[\u0000-\u001f\u007f]/.test(message) ? JSON.stringify(message) : message
}
