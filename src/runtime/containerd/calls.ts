import { type GrpcCode, GrpcError, hasGrpcCode } from "../../machinery/grpc/code.ts"
import { RuntimeError, type RuntimeErrorCode } from "../errors.ts"

const CODES: Readonly<Partial<Record<GrpcCode, RuntimeErrorCode>>> = {
  NotFound: "NotFound",
  AlreadyExists: "AlreadyExists",
  InvalidArgument: "InvalidArgument",
  FailedPrecondition: "FailedPrecondition",
  DeadlineExceeded: "DeadlineExceeded",
  Unimplemented: "Unsupported",
}

/** What a call's failure is to the port. The text stays as kubelets show it. */
export function runtimeErrorOf(error: unknown): unknown {
  if (!(error instanceof GrpcError)) return error
  return new RuntimeError(CODES[error.code] ?? "RuntimeFailure", error.message, { cause: error })
}

/** Awaits a call, failing as the port does. */
export async function called<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw runtimeErrorOf(error)
  }
}

/** For what succeeds when there is nothing to do. */
export async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!hasGrpcCode(error, "NotFound")) throw runtimeErrorOf(error)
  }
}

/** As kubelets have it; making a sandbox may take twice as long. */
export const CALL_MS = 120_000
export const SANDBOX_MS = 2 * CALL_MS
