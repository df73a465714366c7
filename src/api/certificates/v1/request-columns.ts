import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { humanDuration } from "../../../machinery/time/human.ts"
import { age } from "../../columns.ts"
import type { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from "./certificate-signing-request.ts"

interface RequestObject {
  readonly metadata: StoredMeta
  readonly spec: CertificateSigningRequestSpec
  readonly status: CertificateSigningRequestStatus
}

function conditionCell({ status: { conditions = [], certificate } }: RequestObject): string {
  const has = (type: string) => conditions.some((condition) => condition.type === type)
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending"
  return `${decision}${has("Failed") ? ",Failed" : ""}${certificate ? ",Issued" : ""}`
}

export const requestColumns: readonly Column<RequestObject>[] = [
  age,
  {
    name: "SignerName",
    type: "string",
    doc: "Who is to sign the certificate.",
    value: ({ spec }) => spec.signerName || "<none>",
  },
  { name: "Requestor", type: "string", doc: "Who asked for it.", value: ({ spec }) => spec.username ?? "" },
  {
    name: "RequestedDuration",
    type: "string",
    doc: "How long it should be valid.",
    value: ({ spec: { expirationSeconds: seconds } }) =>
      seconds === undefined ? "<none>" : humanDuration(seconds * 1000),
  },
  { name: "Condition", type: "string", doc: "What has become of it.", value: conditionCell },
]
