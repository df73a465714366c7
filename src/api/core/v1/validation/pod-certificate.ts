import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { qualifiedName } from "../../../../machinery/names/labels.ts"
import type { PodCertificateProjection } from "../volume-projection.ts"
import { allOf, type Errors, NONE, oneOf, unreservedPath } from "./rules.ts"
import { isKubernetesSigner, validateSignerName } from "./signer-name.ts"

const KEY_TYPES = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"]
const HOUR = 3600
const DAY = 24 * HOUR
const LIFETIME_SECONDS_MAX = 91 * DAY
const KUBERNETES_LIFETIME_SECONDS_MAX = DAY

/** `claim` takes a file's path within the volume, and complains when another file has it. */
export function validatePodCertificate(
  certificate: PodCertificateProjection,
  path: FieldPath,
  claim: (target: string) => Errors,
): Errors {
  const { signerName, keyType, userAnnotations = {}, credentialBundlePath, keyPath, certificateChainPath } = certificate
  const files = Object.entries({ credentialBundlePath, keyPath, certificateChainPath }).flatMap(([name, target]) =>
    target ? [{ name, target }] : [],
  )
  const annotations = path.child("userAnnotations")
  return [
    ...validateSignerName(signerName, path.child("signerName")),
    ...Object.keys(userAnnotations).flatMap((key) => allOf(qualifiedName(key.toLowerCase()), key, annotations)),
    ...oneOf(keyType, KEY_TYPES, path.child("keyType")),
    ...validateLifetime(certificate, path.child("maxExpirationSeconds")),
    ...files.flatMap(({ name, target }) => [...unreservedPath(target, path.child(name)), ...claim(target)]),
    ...(files.length === 0
      ? [field.required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath")]
      : NONE),
  ]
}

function validateLifetime(
  { signerName, maxExpirationSeconds }: PodCertificateProjection,
  path: FieldPath,
): FieldError[] {
  if (maxExpirationSeconds === undefined) return []
  const most = isKubernetesSigner(signerName) ? KUBERNETES_LIFETIME_SECONDS_MAX : LIFETIME_SECONDS_MAX
  if (maxExpirationSeconds < HOUR) {
    return [field.invalid(path, maxExpirationSeconds, `if provided, maxExpirationSeconds must be >= ${HOUR}`)]
  }
  if (maxExpirationSeconds <= most) return []
  return [field.invalid(path, maxExpirationSeconds, `if provided, maxExpirationSeconds must be <= ${most}`)]
}
