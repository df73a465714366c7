import { StatusError } from "../../machinery/status/status-error.ts"

/**
 * The server was not reached, or the connection broke. It counts as `ServiceUnavailable`: trying again later may help.
 * `sent` tells whether the server may have carried out the request all the same.
 */
export class ConnectionError extends StatusError {
  readonly sent: boolean

  constructor(server: string, cause: unknown, sent: boolean) {
    const why = reasonOf(cause)
    const message = sent
      ? `the connection to the API server at ${server} broke before it answered: ${why}`
      : `cannot reach the API server at ${server}: ${why}`
    super("ServiceUnavailable", 503, message, undefined, cause)
    this.name = "ConnectionError"
    this.sent = sent
  }
}

function reasonOf(cause: unknown): string {
  // One address after the other was tried.
  if (cause instanceof AggregateError && cause.errors.length > 0) {
    return cause.errors.map((error) => reasonOf(error)).join("; ")
  }
  if (!(cause instanceof Error)) return String(cause)
  const code = (cause as NodeJS.ErrnoException).code
  if (code !== undefined && code.startsWith("ERR_HTTP2_") && cause.cause instanceof Error) return cause.cause.message
  return cause.message === "" ? (code ?? cause.name) : cause.message
}
