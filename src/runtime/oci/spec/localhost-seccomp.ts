import { RuntimeError } from "../../errors.ts"
import type { OciSeccomp, OciSyscallArg, OciSyscallRule } from "./types.ts"

/**
 * Reads a seccomp profile of the node: JSON in the form of the OCI runtime specification, where lists may be absent.
 * Throws RuntimeError InvalidArgument that names what is wrong with it.
 * https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
 */
export function parseSeccompProfile(text: string, path: string): OciSeccomp {
  const wrong = (what: string, cause?: unknown) =>
    new RuntimeError("InvalidArgument", `seccomp profile ${path}: ${what}`, { cause })
  const read = new Reader(wrong)
  const profile = read.object(parse(text, wrong), "the profile")
  const errno = read.optionalInteger(profile["defaultErrnoRet"], "defaultErrnoRet")
  const flags = read.texts(profile["flags"], "flags")
  return {
    defaultAction: read.text(profile["defaultAction"], "defaultAction"),
    ...(errno !== undefined && { defaultErrnoRet: errno }),
    architectures: read.texts(profile["architectures"], "architectures"),
    ...(flags.length > 0 && { flags }),
    syscalls: read.list(profile["syscalls"], "syscalls").map((rule, index) => readRule(read, rule, index)),
  }
}

type Wrong = (what: string, cause?: unknown) => RuntimeError

function parse(text: string, wrong: Wrong): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw wrong("found no JSON", cause)
  }
}

function readRule(read: Reader, value: unknown, index: number): OciSyscallRule {
  const at = `syscalls[${index}]`
  const rule = read.object(value, at)
  const errnoRet = read.optionalInteger(rule["errnoRet"], `${at}.errnoRet`)
  const args = read.list(rule["args"], `${at}.args`).map((arg, position): OciSyscallArg => {
    const path = `${at}.args[${position}]`
    const { index: argument, op, value: compared, valueTwo } = read.object(arg, path)
    const second = read.optionalInteger(valueTwo, `${path}.valueTwo`)
    return {
      index: read.integer(argument, `${path}.index`),
      value: read.integer(compared, `${path}.value`),
      ...(second !== undefined && { valueTwo: second }),
      op: read.text(op, `${path}.op`),
    }
  })
  return {
    names: read.texts(rule["names"], `${at}.names`),
    action: read.text(rule["action"], `${at}.action`),
    ...(errnoRet !== undefined && { errnoRet }),
    ...(args.length > 0 && { args }),
  }
}

class Reader {
  readonly #wrong: Wrong

  constructor(wrong: Wrong) {
    this.#wrong = wrong
  }

  object(value: unknown, at: string): Readonly<Record<string, unknown>> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    throw this.#expected(at, value, "an object")
  }

  list(value: unknown, at: string): readonly unknown[] {
    if (value === undefined || value === null) return []
    if (Array.isArray(value)) return value
    throw this.#expected(at, value, "a list")
  }

  texts(value: unknown, at: string): readonly string[] {
    return this.list(value, at).map((each, index) => this.text(each, `${at}[${index}]`))
  }

  text(value: unknown, at: string): string {
    if (typeof value === "string") return value
    throw this.#expected(at, value, "text")
  }

  /** Values that a double cannot hold would filter something else. */
  integer(value: unknown, at: string): number {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value
    throw this.#expected(at, value, `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`)
  }

  optionalInteger(value: unknown, at: string): number | undefined {
    return value === undefined || value === null ? undefined : this.integer(value, at)
  }

  #expected(at: string, value: unknown, expected: string): RuntimeError {
    return this.#wrong(`${at}: found ${JSON.stringify(value) ?? "nothing"}, expected ${expected}`)
  }
}
