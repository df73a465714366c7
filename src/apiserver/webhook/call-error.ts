import type { StatusError } from "../../machinery/status/status-error.ts"

/**
 * A webhook was not reached, or its answer is none. The message is in the words of kube-apiserver's client, such as
 * `Post "https://a.b.svc:443/x?timeout=10s": dial tcp 10.96.0.7:443: connect: connection refused`; callers put
 * before it what they wanted of whom.
 */
export class WebhookCallError extends Error {
  /** What the webhook's server answered instead. */
  readonly status: StatusError | undefined
  /** The caller gave up; the webhook may be well. */
  readonly canceled: boolean
  /** Nothing was called: the target itself says something wrong. */
  readonly isConfiguration: boolean

  constructor(
    message: string,
    { status, canceled = false, isConfiguration = false, cause }: WebhookCallErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = "WebhookCallError"
    this.status = status
    this.canceled = canceled
    this.isConfiguration = isConfiguration
  }
}

interface WebhookCallErrorOptions {
  readonly status?: StatusError
  readonly canceled?: boolean
  readonly isConfiguration?: boolean
  readonly cause?: unknown
}
