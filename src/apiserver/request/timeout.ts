import { quote } from "../../machinery/field/quote.ts"
import { badRequest, timeout } from "../../machinery/status/errors.ts"
import { parseDuration } from "../../machinery/time/duration.ts"
import type { Clock } from "../../platform/clock.ts"

/** How long a client gives a request that is no connection and no watch. */

/** Longer than this nobody waits; the figure is Kubernetes' (`--request-timeout`). */
const TIMEOUT_MAX_MS = 60_000

/**
 * Of the query parameter `timeout`, such as `10s`. None, 0 and what is longer than the server's own limit mean that
 * limit. Throws a 400.
 */
export function timeoutOf(query: URLSearchParams): number {
  const text = query.get("timeout") ?? ""
  if (text === "") return TIMEOUT_MAX_MS
  const nanoseconds = parseDuration(text)
  if (nanoseconds === undefined) {
    throw badRequest(`invalid timeout specified in the request URL - ${durationProblem(text)}`)
  }
  const asked = Number(nanoseconds) / 1e6
  return asked > 0 && asked < TIMEOUT_MAX_MS ? asked : TIMEOUT_MAX_MS
}

/** In Go's words. */
function durationProblem(text: string): string {
  const rest = text.replace(/^[-+]/, "")
  const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0]
  if (number !== undefined && number === rest) return `time: missing unit in duration ${quote(text)}`
  const unit = number === undefined ? "" : (/^[^.\d]+/.exec(rest.slice(number.length))?.[0] ?? "")
  if (unit !== "" && parseDuration(`1${unit}`) === undefined) {
    return `time: unknown unit ${quote(unit)} in duration ${quote(text)}`
  }
  return `time: invalid duration ${quote(text)}`
}

/**
 * The answer, or a 504 when it takes too long. As in Kubernetes the work goes on: what was begun may still happen.
 */
export async function within<T>(timeoutMs: number | undefined, answer: Promise<T>, clock: Clock): Promise<T> {
  if (timeoutMs === undefined) return answer
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = clock.after(timeoutMs, () => {
    reject(timeout("request did not complete within requested timeout - context deadline exceeded"))
  })
  try {
    return await Promise.race([answer, promise])
  } finally {
    timer.cancel()
  }
}
