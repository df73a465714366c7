import { isImageError } from "../../images/images.ts"
import { type GrpcCode, GrpcError } from "../../machinery/grpc/code.ts"
import { isRuntimeError, type RuntimeErrorCode } from "../errors.ts"

const CODES: Readonly<Record<RuntimeErrorCode, GrpcCode>> = {
  NotFound: "NotFound",
  AlreadyExists: "AlreadyExists",
  ImageMissing: "NotFound",
  InvalidArgument: "InvalidArgument",
  FailedPrecondition: "FailedPrecondition",
  DeadlineExceeded: "DeadlineExceeded",
  UserUnresolved: "InvalidArgument",
  RuntimeFailure: "Unknown",
  NetworkFailure: "Unknown",
  Unsupported: "Unimplemented",
}

/** As a CRI client is told; what is no error of the runtime or the image store stays what it is. */
export function grpcErrorOf(error: unknown): unknown {
  if (isRuntimeError(error)) return new GrpcError(CODES[error.code], error.message, { cause: error })
  if (!isImageError(error)) return error
  const code =
    error.code === "NotFound" ? "NotFound" : error.code === "InvalidReference" ? "InvalidArgument" : "Unknown"
  // The kubelet makes this beginning the reason of the container's waiting.
  const prefix = error.code === "Unreachable" ? "RegistryUnavailable: " : ""
  return new GrpcError(code, prefix + error.message, { cause: error })
}

/** For lists of what may end while they are made. */
export function unlessGone(error: unknown): undefined {
  if (isRuntimeError(error, "NotFound")) return undefined
  throw error
}

export const invalid = (text: string): GrpcError => new GrpcError("InvalidArgument", text)

type Method = (...args: never[]) => unknown

/** The same methods, failing with the codes of gRPC. */
export function translated<T extends Readonly<Record<string, Method>>>(methods: T): T {
  const wrapped = Object.entries(methods).map(([name, method]) => {
    const run = async (...args: never[]) => {
      try {
        return await method(...args)
      } catch (error) {
        throw grpcErrorOf(error)
      }
    }
    return [name, run] as const
  })
  return Object.fromEntries(wrapped) as unknown as T
}
