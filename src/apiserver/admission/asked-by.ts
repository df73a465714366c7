import type { ApiCall } from "../call.ts"
import type { AdmissionRequest } from "./plugin.ts"

type FromCall = Pick<AdmissionRequest, "user" | "warn" | "annotate" | "signal" | "sentAs">

/** What admission is told about the call itself. */
export function askedBy({ user, warn, annotate, signal, sentAs }: ApiCall): FromCall {
  return { user, warn, annotate, signal, sentAs }
}
