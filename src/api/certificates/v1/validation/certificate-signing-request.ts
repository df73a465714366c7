import { X509Certificate } from "node:crypto"
import {
  CertificateRequestError,
  parseCertificateRequest,
} from "../../../../machinery/certificates/certificate-request.ts"
import { pemBlocks } from "../../../../machinery/certificates/pem.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { quote } from "../../../../machinery/field/quote.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { type Errors, NONE, oneOf, requiredOneOf } from "../../../core/v1/validation/rules.ts"
import { validateSignerName } from "../../../core/v1/validation/signer-name.ts"
import { jsonDiff } from "../../../core/v1/validation/spec-diff.ts"
import type {
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
  CertificateSigningRequestStatus,
} from "../certificate-signing-request.ts"

const SPEC = FieldPath.root("spec")
const CONDITIONS = FieldPath.root("status", "conditions")
const CERTIFICATE = FieldPath.root("status", "certificate")
const LEGACY_SIGNER = "kubernetes.io/legacy-unknown"
const EXPIRATION_SECONDS_MIN = 600
const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
]

type Condition = CertificateSigningRequestCondition
interface RequestObject {
  readonly spec: CertificateSigningRequestSpec
  readonly status: CertificateSigningRequestStatus
}

export function validateRequest({ spec }: RequestObject): Errors {
  const { usages = [], signerName, expirationSeconds: seconds = EXPIRATION_SECONDS_MIN } = spec
  const at = SPEC.child("usages")
  const signer = SPEC.child("signerName")
  const tooShort = "may not specify a duration less than 600 seconds (10 minutes)"
  return [
    ...validatePkcs10(spec.request, SPEC.child("request")),
    ...(usages.length === 0 ? [field.required(at)] : NONE),
    ...usages.flatMap((usage, index) => oneOf(usage, USAGES, at.index(index))),
    ...usages.flatMap((usage, index) =>
      usages.indexOf(usage) < index ? [field.duplicate(at.index(index), usage)] : NONE,
    ),
    ...(signerName === LEGACY_SIGNER
      ? [field.invalid(signer, signerName, "the legacy signerName is not allowed via this API version")]
      : validateSignerName(signerName, signer)),
    ...(seconds < EXPIRATION_SECONDS_MIN ? [field.invalid(SPEC.child("expirationSeconds"), seconds, tooShort)] : NONE),
  ]
}

function validatePkcs10(request: string, path: FieldPath): Errors {
  try {
    parseCertificateRequest(Buffer.from(request, "base64").toString()).checkSignature()
    return NONE
  } catch (error) {
    if (error instanceof CertificateRequestError) return [field.invalid(path, request, error.message)]
    throw error
  }
}

/** The parts of the status that an update may touch; of the rest it says why not. */
interface Permitted {
  readonly approval?: boolean
  readonly certificate?: boolean
}

export const validateRequestUpdate = (request: RequestObject, old: RequestObject): Errors =>
  validateChange(request, old, {})
export const validateRequestStatus = (request: RequestObject, old: RequestObject): Errors =>
  validateChange(request, old, { certificate: true })
export const validateApproval = (request: RequestObject, old: RequestObject): Errors =>
  validateChange(request, old, { approval: true })

const DECISIONS = ["Approved", "Denied"]
const FINAL = [...DECISIONS, "Failed"]

function validateChange({ status }: RequestObject, { status: old }: RequestObject, may: Permitted): Errors {
  const [conditions, before] = [status.conditions ?? [], old.conditions ?? []]
  return [
    ...validateConditions(conditions, before),
    ...validateCertificate(status.certificate ?? "", old.certificate ?? ""),
    ...FINAL.flatMap((type) =>
      ofType(conditions, type).length < ofType(before, type).length
        ? [field.forbidden(CONDITIONS, `updates may not remove a condition of type ${quote(type)}`)]
        : NONE,
    ),
    ...(may.approval
      ? NONE
      : DECISIONS.flatMap((type) => validateDecision(type, ofType(conditions, type), ofType(before, type)))),
    ...validateCertificateChange(status.certificate ?? "", old.certificate ?? "", may),
  ]
}

function ofType(conditions: readonly Condition[], type: string): readonly Condition[] {
  return conditions.filter((condition) => condition.type === type)
}

function validateDecision(type: string, now: readonly Condition[], before: readonly Condition[]): Errors {
  const refuse = (verb: string, more = "") => [
    field.forbidden(CONDITIONS, `updates may not ${verb} a condition of type ${quote(type)}${more}`),
  ]
  if (now.length > before.length) return refuse("add")
  if (now.length < before.length || deepEqual(now, before)) return NONE
  return refuse("modify", `\n${jsonDiff(before, now)}`)
}

function validateConditions(conditions: readonly Condition[], before: readonly Condition[]): Errors {
  const types = conditions.map(({ type }) => type)
  const isDecidedTwice = (all: readonly string[]) => DECISIONS.every((type) => all.includes(type))
  const second = types.findLast((type, index) => DECISIONS.includes(type) && types.indexOf(type) === index)
  const exclusive = "Approved and Denied conditions are mutually exclusive"
  return [
    ...conditions.flatMap(({ type, status }, index) => {
      const at = CONDITIONS.index(index)
      const allowed = FINAL.includes(type) ? ["True"] : ["False", "True", "Unknown"]
      return [
        ...(type === "" ? [field.required(at.child("type"))] : NONE),
        ...requiredOneOf(status, allowed, at.child("status")),
        ...(types.indexOf(type) < index ? [field.duplicate(at.child("type"), type)] : NONE),
      ]
    }),
    ...(isDecidedTwice(types) && !isDecidedTwice(before.map(({ type }) => type))
      ? [field.invalid(CONDITIONS, second, exclusive)]
      : NONE),
  ]
}

function validateCertificate(certificate: string, old: string): Errors {
  if (certificate === old || certificate === "") return NONE
  const why = problemOf(Buffer.from(certificate, "base64").toString())
  return why === undefined ? NONE : [field.invalid(CERTIFICATE, "<certificate data>", why)]
}

function problemOf(pem: string): string | undefined {
  const blocks = pemBlocks(pem)
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${quote(type)}`
    if (hasHeaders) return "no PEM block headers are permitted"
    if (bytes.length === 0) return "found CERTIFICATE PEM block containing 0 certificates"
    if (!isCertificate(bytes)) return "x509: malformed certificate"
  }
  return blocks.length === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.length > 0
  } catch {
    // The library's own words would tell the reader about its inside.
    return false
  }
}

function validateCertificateChange(certificate: string, old: string, may: Permitted): Errors {
  if (certificate === old) return NONE
  if (!may.certificate) return [field.forbidden(CERTIFICATE, "updates may not set certificate content")]
  return old === "" ? NONE : [field.forbidden(CERTIFICATE, "updates may not modify existing certificate content")]
}
