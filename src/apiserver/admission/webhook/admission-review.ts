import { type AdmissionResponse, AdmissionReviewAnswer } from "../../../api/admission/v1/admission-response.ts"
import { decode } from "../../../machinery/decode/decode.ts"
import { requestObject, type Seen, type Sent } from "../matching/seen.ts"
import type { AdmissionRequest } from "../plugin.ts"

/** The protocol: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response */

const KNOWN_VERSIONS = ["v1", "v1beta1"]

/** The best version that both sides know. */
export function reviewVersion(accepted: readonly string[]): string | undefined {
  return accepted.find((version) => KNOWN_VERSIONS.includes(version))
}

export function admissionReview(version: string, uid: string, request: AdmissionRequest, sent: Sent, seen: Seen) {
  return {
    kind: "AdmissionReview",
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      ...requestObject(request, sent, seen),
      object: seen.object ?? null,
      oldObject: seen.old ?? null,
    },
  }
}

/** The webhook broke the protocol. The message says how. */
export class ReviewError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = "ReviewError"
  }
}

/** Throws `ReviewError` when the answer is none to this request, `DecodeError` when it cannot be read. */
export function readAnswer(value: unknown, version: string, uid: string, isMutating: boolean): AdmissionResponse {
  const { object } = decode(AdmissionReviewAnswer, { value, duplicates: [] }, "Ignore")
  const { apiVersion = "", kind = "", response } = object as AdmissionReviewAnswer
  if (response === undefined) throw new ReviewError("webhook response was absent")
  const { patch = "", patchType } = response
  // The old version was never checked so closely, and had one type of patch only.
  if (version === "v1beta1") return isMutating && patch !== "" ? { ...response, patchType: "JSONPatch" } : response
  if (response.uid !== uid) {
    throw new ReviewError(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`)
  }
  if (apiVersion !== "admission.k8s.io/v1" || kind !== "AdmissionReview") {
    const wanted = "admission.k8s.io/v1, Kind=AdmissionReview"
    const [group = "", one] = apiVersion.split("/")
    const got = `${one === undefined ? "" : group}/${one ?? group}, Kind=${kind}`
    throw new ReviewError(`expected webhook response of ${wanted}, got ${got}`)
  }
  if (!isMutating) {
    if (patch !== "") throw new ReviewError("validating webhook may not return response.patch")
    if (patchType !== undefined) throw new ReviewError("validating webhook may not return response.patchType")
    return response
  }
  if (patch !== "" && patchType === undefined) {
    throw new ReviewError("webhook returned response.patch but not response.patchType")
  }
  if (patch === "" && patchType !== undefined) {
    throw new ReviewError("webhook returned response.patchType but not response.patch")
  }
  if (patchType === "") throw new ReviewError('webhook returned invalid response.patchType of ""')
  return response
}
