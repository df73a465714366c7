import type { ApiCall } from "../call.ts"
import type { AdmissionRequest } from "./plugin.ts"

type FromCall = Pick<AdmissionRequest, "user" | "verb" | "warn" | "annotate" | "signal" | "sentAs">

/** What admission is told about the call itself. */
export function askedBy(call: ApiCall): FromCall {
  const { user, info, warn, annotate, sentAs } = call
  return { user, verb: info.verb, warn, annotate, signal: () => call.signal, sentAs }
}
