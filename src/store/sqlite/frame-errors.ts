import {
  CompactedError,
  FutureRevisionError,
  LeaseNotFoundError,
  StoreCorruptError,
  StoreFullError,
  StoreIoError,
} from "../errors.ts"

/** An error as text: its kind, and what its constructor or message needs. */
export type PackedError = readonly [kind: string, ...details: readonly (string | number)[]]

/** Errors lose their class on the way between threads, so they are named here. */
export function packError(error: Error): PackedError {
  if (error instanceof CompactedError) return ["compacted", error.requestedRevision, error.compactRevision]
  if (error instanceof FutureRevisionError) return ["future", error.requestedRevision, error.currentRevision]
  if (error instanceof LeaseNotFoundError) return ["lease", error.leaseId]
  const cause = error.cause instanceof Error ? error.cause.message : ""
  if (error instanceof StoreFullError) return ["full", error.path, cause]
  if (error instanceof StoreCorruptError) return ["corrupt", error.path, error.found]
  if (error instanceof StoreIoError) return ["io", error.path, error.found]
  return ["defect", error.stack ?? error.message]
}

export function unpackError([kind, ...details]: PackedError): Error {
  const [first, second] = details
  switch (kind) {
    case "compacted":
      return new CompactedError(Number(first), Number(second))
    case "future":
      return new FutureRevisionError(Number(first), Number(second))
    case "lease":
      return new LeaseNotFoundError(Number(first))
    case "full":
      return new StoreFullError(String(first), { cause: new Error(String(second)) })
    case "corrupt":
      return new StoreCorruptError(String(first), String(second))
    case "io":
      return new StoreIoError(String(first), String(second))
    default:
      return new Error(`the store's thread failed: ${String(first)}`)
  }
}
