import type { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts"
import { KUBELET_CLIENT_SIGNER, kubeletClientObjection, signers } from "../../api/certificates/v1/signers.ts"
import {
  type CertificateRequest,
  CertificateRequestError,
  parseCertificateRequest,
} from "../../machinery/certificates/certificate-request.ts"

/** What is to be done about a request for a certificate. */
export type Step =
  | { readonly do: "delete"; readonly why: string }
  /** Approve it when its maker has one of these rights; both are `create` on a subresource of the requests. */
  | { readonly do: "ask"; readonly rights: readonly AutoApproval[] }
  | { readonly do: "sign"; readonly request: CertificateRequest; readonly validMs: number }
  | { readonly do: "fail"; readonly message: string }
  | { readonly do: "nothing" }

export interface AutoApproval {
  readonly subresource: "selfnodeclient" | "nodeclient"
  readonly message: string
}

const HOUR_MS = 3_600_000
const YEAR_MS = 8760 * HOUR_MS
const SHORTEST_MS = 10 * 60_000
/** How long requests are kept, by what became of them. */
const DONE_MS = HOUR_MS
const OPEN_MS = 24 * HOUR_MS

const NOTHING: Step = { do: "nothing" }

export function plan(request: CertificateSigningRequest, nowMs: number, endOf: (pem: string) => number): Step {
  const end = cleaning(request, nowMs, endOf)
  if (end !== undefined) return { do: "delete", why: end }
  const { spec, status } = request
  if ((status.certificate ?? "") !== "") return NOTHING
  const objection = signers.get(spec.signerName)
  if (objection === undefined) return NOTHING
  const has = (wanted: string) =>
    (status.conditions ?? []).some((condition) => condition.type === wanted && condition.status === "True")
  if (has("Denied") || has("Failed")) return NOTHING
  const parsed = parse(spec.request)
  if (parsed === undefined) return NOTHING
  if (!has("Approved")) return approvalOf(request, parsed)
  const message = objection(parsed, spec.usages ?? [])
  if (message !== undefined) return { do: "fail", message }
  return { do: "sign", request: parsed, validMs: validMs(spec.expirationSeconds) }
}

function parse(request: string): CertificateRequest | undefined {
  try {
    return parseCertificateRequest(Buffer.from(request, "base64").toString())
  } catch (error) {
    // Validation refuses such requests; what is stored nevertheless stays for its owner to see.
    if (error instanceof CertificateRequestError) return undefined
    throw error
  }
}

/** Nodes that ask for their own certificate, and whoever brings new nodes in. */
function approvalOf({ spec }: CertificateSigningRequest, parsed: CertificateRequest): Step {
  if (spec.signerName !== KUBELET_CLIENT_SIGNER) return NOTHING
  if (kubeletClientObjection(parsed, spec.usages ?? []) !== undefined) return NOTHING
  const own: AutoApproval = {
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
  }
  const any: AutoApproval = {
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
  }
  return { do: "ask", rights: spec.username === parsed.commonName ? [own, any] : [any] }
}

/** A year, or less if that was asked for. */
function validMs(expirationSeconds: number | undefined): number {
  if (expirationSeconds === undefined) return YEAR_MS
  return Math.min(YEAR_MS, Math.max(SHORTEST_MS, expirationSeconds * 1000))
}

/** Why a request need not be kept any longer. */
function cleaning(
  { metadata, status }: CertificateSigningRequest,
  nowMs: number,
  endOf: (pem: string) => number,
): string | undefined {
  const conditions = status.conditions ?? []
  const isOlder = (time: string | undefined, ageMs: number) => time !== undefined && nowMs - Date.parse(time) > ageMs
  const isPast = (type: string, ageMs: number) =>
    conditions.some((condition) => condition.type === type && isOlder(condition.lastUpdateTime, ageMs))
  const certificate = status.certificate ?? ""
  if (conditions.length === 0) return isOlder(metadata.creationTimestamp, OPEN_MS) ? "nobody decided on it" : undefined
  if (isPast("Denied", DONE_MS)) return "it was denied"
  if (isPast("Failed", DONE_MS)) return "it failed"
  if (certificate === "") return isPast("Approved", OPEN_MS) ? "it was approved but never signed" : undefined
  if (isPast("Approved", DONE_MS)) return "it was signed"
  return nowMs > endOf(Buffer.from(certificate, "base64").toString()) ? "its certificate has expired" : undefined
}
