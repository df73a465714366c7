import { CODE_OF_REASON, StatusError, type StatusReason } from "./status-error.ts"

type KnownReason = Exclude<StatusReason, "">

/** An error from a server that names no reason still counts by its code, where the code is unambiguous. */
function has(error: unknown, reason: KnownReason): boolean {
  if (!(error instanceof StatusError)) return false
  return error.reason === reason || (error.reason === "" && error.code === CODE_OF_REASON[reason])
}

function named(error: unknown, reason: KnownReason): boolean {
  return error instanceof StatusError && error.reason === reason
}

export const isNotFound = (error: unknown): error is StatusError => has(error, "NotFound")
export const isAlreadyExists = (error: unknown): error is StatusError => named(error, "AlreadyExists")
export const isConflict = (error: unknown): error is StatusError => has(error, "Conflict")
export const isInvalid = (error: unknown): error is StatusError => has(error, "Invalid")
export const isGone = (error: unknown): error is StatusError => has(error, "Gone")
export const isExpired = (error: unknown): error is StatusError => named(error, "Expired")
export const isNotAcceptable = (error: unknown): error is StatusError => has(error, "NotAcceptable")
export const isUnsupportedMediaType = (error: unknown): error is StatusError => has(error, "UnsupportedMediaType")
export const isMethodNotSupported = (error: unknown): error is StatusError => has(error, "MethodNotAllowed")
export const isServiceUnavailable = (error: unknown): error is StatusError => has(error, "ServiceUnavailable")
export const isBadRequest = (error: unknown): error is StatusError => has(error, "BadRequest")
export const isUnauthorized = (error: unknown): error is StatusError => has(error, "Unauthorized")
export const isForbidden = (error: unknown): error is StatusError => has(error, "Forbidden")
export const isTimeout = (error: unknown): error is StatusError => has(error, "Timeout")
export const isServerTimeout = (error: unknown): error is StatusError => named(error, "ServerTimeout")
export const isInternalError = (error: unknown): error is StatusError => has(error, "InternalError")
export const isTooManyRequests = (error: unknown): error is StatusError => has(error, "TooManyRequests")
export const isRequestEntityTooLarge = (error: unknown): error is StatusError => has(error, "RequestEntityTooLarge")

/** Nothing can be created where everything is about to be deleted. */
export const isNamespaceTerminating = (error: unknown): error is StatusError =>
  error instanceof StatusError && (error.details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating")

/** The watch or list must start again from the present. */
export const isTooOld = (error: unknown): error is StatusError => isExpired(error) || isGone(error)

/** How long the server asked to wait, in seconds; undefined when it did not. */
export function suggestedDelaySeconds(error: unknown): number | undefined {
  if (!(error instanceof StatusError) || error.details === undefined) return undefined
  if (error.reason === "ServerTimeout") return error.details.retryAfterSeconds ?? 0
  return error.details.retryAfterSeconds || undefined
}
