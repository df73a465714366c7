import { bytes, int32, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const CertificateSigningRequestSpec = struct("io.k8s.api.certificates.v1.CertificateSigningRequestSpec", {
  request: bytes(1, { doc: "", required: true }),
  signerName: string(7, { doc: "", required: true }),
  expirationSeconds: int32(8, { doc: "", pointer: true }),
  usages: list(5, "string", { doc: "", listType: "atomic" }),
  username: string(2, { doc: "" }),
  uid: string(3, { doc: "" }),
  groups: list(4, "string", { doc: "", listType: "atomic" }),
  extra: map(6, { listOf: "string" }, { doc: "" }),
})
export type CertificateSigningRequestSpec = TypeOf<typeof CertificateSigningRequestSpec>

export const CertificateSigningRequestCondition = struct(
  "io.k8s.api.certificates.v1.CertificateSigningRequestCondition",
  {
    type: string(1, { doc: "", required: true }),
    status: string(6, { doc: "", required: true }),
    reason: string(2, { doc: "" }),
    message: string(3, { doc: "" }),
    lastUpdateTime: time(4, { doc: "" }),
    lastTransitionTime: time(5, { doc: "" }),
  },
)
export type CertificateSigningRequestCondition = TypeOf<typeof CertificateSigningRequestCondition>

export const CertificateSigningRequestStatus = struct("io.k8s.api.certificates.v1.CertificateSigningRequestStatus", {
  conditions: list(1, CertificateSigningRequestCondition, { doc: "", listType: "map", mapKeys: ["type"] }),
  certificate: bytes(2, { doc: "" }),
})
export type CertificateSigningRequestStatus = TypeOf<typeof CertificateSigningRequestStatus>

/** TODO(doc) */
export const CertificateSigningRequest = defineResource({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  shortNames: ["csr"],
  namespaced: false,
  subresources: {
    approval: { verbs: ["get", "patch", "update"] },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.certificates.v1.CertificateSigningRequest",
  fields: {
    spec: message(2, CertificateSigningRequestSpec, { doc: "", required: true }),
    status: message(3, CertificateSigningRequestStatus, { doc: "", always: true }),
  },
})
export type CertificateSigningRequest = ObjectOf<typeof CertificateSigningRequest>
