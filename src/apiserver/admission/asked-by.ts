import type { ApiCall } from "../call.ts"
import type { AdmissionRequest } from "./plugin.ts"

type FromCall = Pick<AdmissionRequest, "user" | "warn" | "annotate" | "signal" | "sentAs">

/** What admission is told about the call itself. */
export function askedBy(call: ApiCall): FromCall {
  const { user, warn, annotate, sentAs } = call
  return { user, warn, annotate, signal: () => call.signal, sentAs }
}
