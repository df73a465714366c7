import type { AdmissionResponse } from "../../../api/admission/v1/admission-response.ts"
import { badRequest, internalError } from "../../../machinery/status/errors.ts"
import { statusErrorFrom } from "../../../machinery/status/from-response.ts"
import { StatusError, type StatusReason } from "../../../machinery/status/status-error.ts"

/** The webhook was not reached, or did not answer as it should. Whether that refuses the request, its policy says. */
export class CallFailure extends Error {
  /** For metrics. */
  readonly code: number
  readonly canceled: boolean

  constructor(webhook: string, why: string, code: number, canceled = false, cause?: unknown) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${why}`, cause === undefined ? undefined : { cause })
    this.name = "CallFailure"
    this.code = code
    this.canceled = canceled
  }

  toStatusError(): StatusError {
    return internalError(this)
  }
}

/** The webhook said no. */
export class Rejection extends Error {
  readonly status: StatusError

  constructor(status: StatusError) {
    super(status.message)
    this.name = "Rejection"
    this.status = status
  }
}

const LEAST_ERROR_CODE = 400

/** The refusal that a client sees: the webhook's own, with its name before the message. */
export function denial(webhook: string, status: AdmissionResponse["status"]): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const { message = "", reason = "", code = 0 } = status ?? {}
  const why = message || reason
  const details = statusErrorFrom({ ...status, kind: "Status", status: "Failure" })?.details
  return new StatusError(
    // Webhooks may have reasons of their own; clients get them as they are.
    reason as StatusReason,
    code < LEAST_ERROR_CODE ? LEAST_ERROR_CODE : code,
    why === "" ? `${deniedBy} without explanation` : `${deniedBy}: ${why}`,
    details,
  )
}

export function dryRunUnsupported(webhook: string): StatusError {
  return badRequest(`admission webhook ${JSON.stringify(webhook)} does not support dry run`)
}
