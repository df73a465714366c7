import type { AdmissionRequest } from "../plugin.ts"

const KINDS = new Set([
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "MutatingWebhookConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
])

/** What configures admission is not subject to it: a wrong configuration could otherwise not be put right. */
export function isExempt({ resource }: AdmissionRequest): boolean {
  return resource.group === "admissionregistration.k8s.io" && KINDS.has(resource.kind)
}
