/** Why a runtime call failed. The closed set follows the gRPC codes that CRI servers answer with. */
export type RuntimeErrorCode =
  /** No such sandbox, container or image. */
  | "NotFound"
  /** Another sandbox or container has the same name and attempt but a different configuration. */
  | "AlreadyExists"
  /** The image of the container is not in the image store. */
  | "ImageMissing"
  /** The configuration cannot work; the message names the field. */
  | "InvalidArgument"
  /** The object is in the wrong state, for example exec in a container that does not run. */
  | "FailedPrecondition"
  /** A time limit given by the caller has passed. */
  | "DeadlineExceeded"
  /** The user database of the image has no such user, or a non-root rule is violated. */
  | "UserUnresolved"
  /** The OCI runtime, the monitor or the kernel refused; the message carries their own text. */
  | "RuntimeFailure"
  /** The pod network could not be set up. */
  | "NetworkFailure"
  /** This runtime does not have the feature on this machine. */
  | "Unsupported"

/** The one error type of container runtimes. Compare `code`, never the text. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError"
  readonly code: RuntimeErrorCode

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export function isRuntimeError(error: unknown, code?: RuntimeErrorCode): error is RuntimeError {
  return error instanceof RuntimeError && (code === undefined || error.code === code)
}
