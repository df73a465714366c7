import type { CertificateRequest } from "../../../machinery/certificates/certificate-request.ts"

/**
 * The signers that every cluster has, and what they sign.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */
export const API_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"
export const KUBELET_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
export const KUBELET_SERVING_SIGNER = "kubernetes.io/kubelet-serving"
export const LEGACY_SIGNER = "kubernetes.io/legacy-unknown"

/** Why a signer will not sign a request, in Kubernetes' words. Undefined: it will. */
type Objection = (request: CertificateRequest, usages: readonly string[]) => string | undefined

/** What each signer objects to. */
export const signers: ReadonlyMap<string, Objection> = new Map<string, Objection>([
  [API_CLIENT_SIGNER, (_request, usages) => clientObjection(usages)],
  [KUBELET_CLIENT_SIGNER, kubeletClientObjection],
  [KUBELET_SERVING_SIGNER, kubeletServingObjection],
  [LEGACY_SIGNER, () => undefined],
])

function clientObjection(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => !["digital signature", "key encipherment", "client auth"].includes(usage))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth"
}

const isNodeGroup = ({ organizations }: CertificateRequest): boolean =>
  organizations.length === 1 && organizations[0] === "system:nodes"

export function kubeletClientObjection(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { dnsNames, emails, addresses, uris } = request.alternativeNames
  if (!isNodeGroup(request)) return "subject organization is not system:nodes"
  if (dnsNames > 0) return "DNS subjectAltNames are not allowed"
  if (emails > 0) return "Email subjectAltNames are not allowed"
  if (addresses > 0) return "IP subjectAltNames are not allowed"
  if (uris > 0) return "URI subjectAltNames are not allowed"
  if (!request.commonName.startsWith("system:node:")) return "subject common name does not begin with system:node:"
  return usagesObjection(usages, "client auth")
}

function kubeletServingObjection(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { dnsNames, emails, addresses, uris } = request.alternativeNames
  if (!isNodeGroup(request)) return "subject organization is not system:nodes"
  if (dnsNames === 0 && addresses === 0) return "DNS or IP subjectAltName is required"
  if (emails > 0) return "Email subjectAltNames are not allowed"
  if (uris > 0) return "URI subjectAltNames are not allowed"
  const wrong = usagesObjection(usages, "server auth")
  if (wrong !== undefined) return wrong
  return request.commonName.startsWith("system:node:")
    ? undefined
    : "subject common name does not begin with system:node:"
}

/** Only keys for RSA need to encipher keys. */
function usagesObjection(usages: readonly string[], purpose: string): string | undefined {
  const given = new Set(usages)
  const wanted = new Set(["digital signature", purpose])
  const withRsa = new Set([...wanted, "key encipherment"])
  const fits = [wanted, withRsa].some((set) => given.size === set.size && given.isSubsetOf(set))
  return fits ? undefined : `usages did not match [${[...withRsa].sort().join(" ")}]`
}
