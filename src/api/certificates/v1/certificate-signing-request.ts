import { bytes, int32, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { requestColumns } from "./request-columns.ts"
import { prepareRequest, prepareRequestStatus, prepareRequestUpdate } from "./request-strategy.ts"
import {
  validateRequest,
  validateRequestStatus,
  validateRequestUpdate,
} from "./validation/certificate-signing-request.ts"

export const CertificateSigningRequestSpec = struct(
  "io.k8s.api.certificates.v1.CertificateSigningRequestSpec",
  {
    request: bytes(1, { doc: "The request for the certificate, PKCS#10 in PEM, in base64.", required: true }),
    signerName: string(7, { doc: "Who is to sign it, such as kubernetes.io/kube-apiserver-client.", required: true }),
    expirationSeconds: int32(8, {
      doc: "For how many seconds the certificate should be valid, at least 600. The signer may choose otherwise. Default: what the signer chooses.",
      pointer: true,
    }),
    usages: list(5, "string", {
      doc: "What the certificate is for, such as digital signature and client auth.",
      listType: "atomic",
    }),
    username: string(2, { doc: "Who asked. Filled in by the server." }),
    uid: string(3, { doc: "The uid of whoever asked. Filled in by the server." }),
    groups: list(4, "string", { doc: "The groups of whoever asked. Filled in by the server.", listType: "atomic" }),
    extra: map(6, { listOf: "string" }, { doc: "Further facts about whoever asked. Filled in by the server." }),
  },
  { doc: "What certificate is wanted, and by whom. It cannot be changed." },
)
export type CertificateSigningRequestSpec = TypeOf<typeof CertificateSigningRequestSpec>

export const CertificateSigningRequestCondition = struct(
  "io.k8s.api.certificates.v1.CertificateSigningRequestCondition",
  {
    type: string(1, {
      doc: "Approved, Denied or Failed. Approved and Denied exclude each other and stay for good.",
      required: true,
    }),
    status: string(6, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    reason: string(2, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(3, { doc: "Why the condition has this status, in words for people." }),
    lastUpdateTime: time(4, { doc: "When the condition was last written." }),
    lastTransitionTime: time(5, { doc: "When the status last changed." }),
  },
  { doc: "What was decided about a request." },
)
export type CertificateSigningRequestCondition = TypeOf<typeof CertificateSigningRequestCondition>

export const CertificateSigningRequestStatus = struct(
  "io.k8s.api.certificates.v1.CertificateSigningRequestStatus",
  {
    conditions: list(1, CertificateSigningRequestCondition, {
      doc: "What was decided.",
      listType: "map",
      mapKeys: ["type"],
    }),
    certificate: bytes(2, {
      doc: "The certificate in PEM, with those between it and the root. Empty until the signer has issued it.",
    }),
  },
  { doc: "What became of a request." },
)
export type CertificateSigningRequestStatus = TypeOf<typeof CertificateSigningRequestStatus>

/**
 * Asks a signer for a certificate.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
export const CertificateSigningRequest = defineResource({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  shortNames: ["csr"],
  namespaced: false,
  subresources: {
    approval: { verbs: ["get", "patch", "update"], resets: ["spec", "status.certificate"] },
    status: { verbs: ["get", "patch", "update"], resets: ["spec", "status.conditions"] },
  },
  doc: "Asks a signer for a certificate. Someone has to approve it first.",
  definition: "io.k8s.api.certificates.v1.CertificateSigningRequest",
  columns: requestColumns,
  selectableFields: { "spec.signerName": ({ spec }) => spec.signerName },
  strategy: {
    resets: ["spec", "status"],
    // Whatever a client calls it is fine.
    nameFormat: { name: "any", check: () => [] },
    unconditionalUpdate: true,
    prepareCreate: prepareRequest,
    prepareUpdate: prepareRequestUpdate,
    prepareStatusUpdate: prepareRequestStatus,
    validate: validateRequest,
    validateUpdate: validateRequestUpdate,
    validateStatusUpdate: validateRequestStatus,
  },
  fields: {
    spec: message(2, CertificateSigningRequestSpec, { doc: "What certificate is wanted.", required: true }),
    status: message(3, CertificateSigningRequestStatus, { doc: "What became of it.", always: true }),
  },
})
export type CertificateSigningRequest = ObjectOf<typeof CertificateSigningRequest>
