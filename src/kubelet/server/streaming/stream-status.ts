/** How a command ended, as its error stream says it: a part of `meta.v1.Status`. */
export interface StreamStatus {
  readonly status: "Success" | "Failure"
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes: readonly { readonly reason: string; readonly message: string }[] }
  readonly code?: number
}

export const succeeded: StreamStatus = { status: "Success" }

/** What an error stream of the old protocols says: nothing when all went well. */
export function failureMessage(status: StreamStatus): string {
  return status.status === "Success" ? "" : (status.message ?? "")
}

/** 0 is success. Clients take the code from the cause. */
export function exitStatus(exitCode: number, command: readonly string[]): StreamStatus {
  if (exitCode === 0) return succeeded
  const detail = `error executing command [${command.join(" ")}], exit code ${exitCode}`
  return {
    status: "Failure",
    message: `command terminated with non-zero exit code: ${detail}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  }
}

export function internalError(message: string): StreamStatus {
  return { status: "Failure", message: `Internal error occurred: ${message}`, reason: "InternalError", code: 500 }
}
