import { X509Certificate } from "node:crypto"
import { pemBlocks } from "../../../../machinery/certificates/pem.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"

/** Whether a webhook's certificates can be read: at least one of them. `caBundle` is base64 of PEM. */
export function validateCaBundle(caBundle: string, path: FieldPath): Errors {
  if (caBundle === "" || hasCertificate(Buffer.from(caBundle, "base64").toString())) return NONE
  return [field.invalid(path, caBundle, "unable to load root certificates: unable to parse bytes as PEM block")]
}

function hasCertificate(pem: string): boolean {
  return pemBlocks(pem).some(({ type, hasHeaders, bytes }) => {
    if (type !== "CERTIFICATE" || hasHeaders) return false
    try {
      return new X509Certificate(bytes).serialNumber !== ""
    } catch {
      // Others may be of use.
      return false
    }
  })
}
