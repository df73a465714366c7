import type { Clock } from "../../platform/clock.ts"
import type { Random } from "../../platform/random.ts"
import { WebhookCallError } from "./call-error.ts"

/** The figures are Kubernetes': five attempts, 0.5 s and then half as much more between them. */
const ATTEMPTS = 5
const FIRST_MS = 500
const FACTOR = 1.5
const JITTER = 0.2

/** Repeats a call whose failure may pass. Throws what the last attempt threw. */
export async function callWithBackoff<T>(
  call: () => Promise<T>,
  { clock, random, firstMs = FIRST_MS }: BackoffOptions,
): Promise<T> {
  let waitMs = firstMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt === ATTEMPTS || !mayPass(error)) throw error
    }
    await clock.sleep(waitMs * (1 + JITTER * random.float()))
    waitMs *= FACTOR
  }
}

export interface BackoffOptions {
  readonly clock: Pick<Clock, "sleep">
  readonly random: Pick<Random, "float">
  readonly firstMs?: number
}

const PASSING = new Set(["InternalError", "Timeout", "TooManyRequests", "ServerTimeout"])

function mayPass(error: unknown): boolean {
  if (!(error instanceof WebhookCallError)) return false
  const { status, message } = error
  if (status === undefined) return message.includes("connection reset by peer")
  return PASSING.has(status.reason) || (status.details?.retryAfterSeconds ?? 0) > 0
}
