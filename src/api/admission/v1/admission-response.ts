import { Status } from "../../../machinery/meta/status.ts"
import { bool, bytes, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

/** https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response */
export const AdmissionResponse = struct(
  "io.k8s.api.admission.v1.AdmissionResponse",
  {
    uid: string(1, { doc: "The uid of the request that this answers.", required: true }),
    allowed: bool(2, { doc: "Whether the request may go on.", required: true }),
    status: message(3, Status, { doc: "Why not. Not looked at when it may." }),
    patch: bytes(4, { doc: "Changes of the object, in the form that patchType names. Only of mutating webhooks." }),
    patchType: string(5, { doc: "JSONPatch, when there is a patch.", pointer: true }),
    auditAnnotations: map(6, "string", { doc: "Notes for the audit log; the webhook's name is put before each key." }),
    warnings: list(7, "string", { doc: "What the client is told besides, at best below 120 characters each." }),
  },
  { doc: "What a webhook decided about a request." },
)
export type AdmissionResponse = TypeOf<typeof AdmissionResponse>

export const AdmissionReviewAnswer = struct(
  "io.k8s.api.admission.v1.AdmissionReview",
  {
    kind: string(1, { doc: "AdmissionReview." }),
    apiVersion: string(2, { doc: "admission.k8s.io/v1 or admission.k8s.io/v1beta1." }),
    response: message(3, AdmissionResponse, { doc: "The decision." }),
  },
  { doc: "The answer of an admission webhook." },
)
export type AdmissionReviewAnswer = TypeOf<typeof AdmissionReviewAnswer>
