import { CODE_OF_REASON, type StatusCause, type StatusDetails, StatusError, type StatusReason } from "./status-error.ts"

/** The error that a `Status` body describes; undefined when the body is no failure status. Unknown parts are dropped. */
export function statusErrorFrom(body: unknown): StatusError | undefined {
  const status = record(body)
  if (status === undefined || status["kind"] !== "Status" || status["status"] === "Success") return undefined
  const code = typeof status["code"] === "number" ? status["code"] : 500
  return new StatusError(reasonOf(status["reason"]), code, text(status["message"]) ?? "", detailsOf(status["details"]))
}

/** The error for a response without a readable `Status` body. */
export function statusErrorFromCode(code: number, body: string): StatusError {
  let reason: StatusReason = code >= 500 ? "InternalError" : ""
  for (const name of Object.keys(CODE_OF_REASON)) {
    const known = reasonOf(name)
    if (known !== "" && CODE_OF_REASON[known] === code && !AMBIGUOUS.has(known)) reason = known
  }
  const message = body === "" ? `the server responded with the status code ${code}` : body.slice(0, BODY_SHOWN_MAX)
  const causes = [{ reason: "UnexpectedServerResponse", message }]
  return new StatusError(reason, code, message, { causes })
}

/** Characters of an unexpected body worth showing. */
const BODY_SHOWN_MAX = 2048

const AMBIGUOUS = new Set<StatusReason>(["AlreadyExists", "Expired", "ServerTimeout", "StorageReadError"])

function reasonOf(value: unknown): StatusReason {
  return typeof value === "string" && isReason(value) ? value : ""
}

function isReason(value: string): value is Exclude<StatusReason, ""> {
  return Object.hasOwn(CODE_OF_REASON, value)
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

function detailsOf(value: unknown): StatusDetails | undefined {
  const details = record(value)
  if (details === undefined) return undefined
  const { name, group, kind, uid, causes, retryAfterSeconds } = details
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof group === "string" ? { group } : {}),
    ...(typeof kind === "string" ? { kind } : {}),
    ...(typeof uid === "string" ? { uid } : {}),
    ...(Array.isArray(causes) ? { causes: causes.map(causeOf) } : {}),
    ...(typeof retryAfterSeconds === "number" ? { retryAfterSeconds } : {}),
  }
}

function causeOf(value: unknown): StatusCause {
  const cause = record(value) ?? {}
  const reason = text(cause["reason"])
  const message = text(cause["message"])
  const field = text(cause["field"])
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(field === undefined ? {} : { field }),
  }
}
