/** The closed set of gRPC's status codes. https://grpc.io/docs/guides/status-codes/ */
const CODES = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
] as const

/** As Go prints them, and so Kubernetes in its messages. */
export type GrpcCode = (typeof CODES)[number]

export const codeNumber = (code: GrpcCode): number => CODES.indexOf(code)
export const codeOf = (number: number): GrpcCode => CODES[number] ?? "Unknown"

/**
 * A call failed. A client gets it with what the server, or the connection, said; a server's method throws it to answer
 * with that code. The message is as Go prints it, because Kubernetes shows it in events.
 */
export class GrpcError extends Error {
  override readonly name = "GrpcError"
  readonly code: GrpcCode
  /** What went wrong, without the code. */
  readonly details: string

  constructor(code: GrpcCode, details: string, options?: ErrorOptions) {
    super(`rpc error: code = ${code} desc = ${details}`, options)
    this.code = code
    this.details = details
  }
}

/** Whether a call failed with one of the codes. */
export function hasGrpcCode(error: unknown, ...codes: readonly GrpcCode[]): error is GrpcError {
  return error instanceof GrpcError && codes.includes(error.code)
}
