import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"

export interface Outcome {
  /** Null when it was killed, which the time limit does. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Kills it. */
  readonly signal?: AbortSignal
  /** Only a guard against hanging for ever. Default: one minute. */
  readonly timeoutMs?: number
}

const GUARD_MS = 60_000
const POLL_MS = 25

/** Runs a program to its end, whatever that is. */
export function run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const { input = "", env = {}, signal, timeoutMs = GUARD_MS } = options
  return new Promise((resolve, reject) => {
    const killed = { timeout: timeoutMs, killSignal: "SIGKILL", ...(signal !== undefined && { signal }) } as const
    const child = spawn(file, args, { env: { ...process.env, ...env }, ...killed })
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on("error", () => undefined).end(input)
  })
}

/** Runs a program that must succeed. Returns what it printed. */
export async function succeed(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, options)
  assert.equal(code, 0, `${file} ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`)
  return stdout
}

/** Words of a command line without quoting, as in `get pods -o wide`; a list is taken as it is. */
export const words = (line: string | readonly string[]): readonly string[] =>
  typeof line === "string" ? line.split(" ") : line

/**
 * Asks again and again until there is an answer other than undefined or false, or until the predicate asserts nothing
 * wrong. The time limit is only a guard against waiting for ever: pass a long one.
 */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = GUARD_MS,
): Promise<T> {
  const end = Date.now() + timeoutMs
  let last: unknown
  while (Date.now() < end) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      last = undefined
    } catch (error) {
      last = error
    }
    await sleep(POLL_MS)
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause: last })
}
