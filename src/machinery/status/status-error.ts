/** Every `reason` a metav1.Status can carry. The empty one means unknown. */
export type StatusReason =
  | ""
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Invalid"
  | "ServerTimeout"
  | "StorageReadError"
  | "Timeout"
  | "TooManyRequests"
  | "BadRequest"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "Expired"
  | "ServiceUnavailable"

/** The HTTP code that a reason implies when a response carries a code but no known reason. */
export const CODE_OF_REASON: { readonly [reason in Exclude<StatusReason, "">]: number } = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Invalid: 422,
  ServerTimeout: 500,
  StorageReadError: 500,
  Timeout: 504,
  TooManyRequests: 429,
  BadRequest: 400,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  InternalError: 500,
  Expired: 410,
  ServiceUnavailable: 503,
}

export interface StatusCause {
  /** A field error type, `FieldManagerConflict`, `UnexpectedServerResponse` or `ResourceVersionTooLarge`. */
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  /** The resource name for most errors, the kind for `Invalid`: as Kubernetes has it. */
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** metav1.Status as it stands on the wire. */
export interface StatusObject {
  readonly kind: "Status"
  readonly apiVersion: "v1"
  readonly metadata: Readonly<Record<string, string | number>>
  readonly status: "Success" | "Failure"
  readonly message?: string
  readonly reason?: StatusReason
  readonly details?: StatusDetails
  readonly code: number
}

/**
 * The one error that crosses the API: an HTTP code, a closed reason and details, as metav1.Status defines them. Test
 * for it with the predicates (`isNotFound` ...), never by text.
 */
export class StatusError extends Error {
  readonly reason: StatusReason
  readonly code: number
  readonly details: StatusDetails | undefined

  constructor(reason: StatusReason, code: number, message: string, details?: StatusDetails, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = "StatusError"
    this.reason = reason
    this.code = code
    this.details = details
  }

  /** The error as the response body. */
  toStatus(): StatusObject {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      ...(this.message === "" ? {} : { message: this.message }),
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: withoutZeroes(this.details) }),
      code: this.code,
    }
  }
}

/** Go leaves zero values out of JSON; so do we, that bodies compare equal. */
function withoutZeroes(details: StatusDetails): StatusDetails {
  return {
    ...(details.name ? { name: details.name } : {}),
    ...(details.group ? { group: details.group } : {}),
    ...(details.kind ? { kind: details.kind } : {}),
    ...(details.uid ? { uid: details.uid } : {}),
    ...(details.causes && details.causes.length > 0 ? { causes: details.causes } : {}),
    ...(details.retryAfterSeconds ? { retryAfterSeconds: details.retryAfterSeconds } : {}),
  }
}
