import type { Pod } from "../../api/core/v1/pod.ts"
import { quote } from "../../machinery/field/quote.ts"

export interface PodHostname {
  /** What `hostname` prints in the pod. */
  readonly kernel: string
  readonly hostname: string
  /** Empty without a subdomain. */
  readonly domain: string
}

/** The kernel keeps 64 bytes, one of which ends the text. */
const hostnameLengthMax = 63

/** https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-hostname-and-subdomain-fields */
export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { hostname: wanted, hostnameOverride, setHostnameAsFQDN, subdomain } = pod.spec
  const hostname = truncate(pod.metadata.name, hostnameOverride ?? (wanted || pod.metadata.name))
  if (hostnameOverride !== undefined) return { kernel: hostname, hostname, domain: "" }
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : ""
  const full = domain === "" ? hostname : `${hostname}.${domain}`
  const asFull = setHostnameAsFQDN === true && domain !== ""
  if (asFull && full.length > hostnameLengthMax + 1) {
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (64 characters is the max, ${full.length} characters requested)`,
    )
  }
  return { kernel: asFull ? full : hostname, hostname, domain }
}

function truncate(podName: string, hostname: string): string {
  if (hostname.length <= hostnameLengthMax) return hostname
  const cut = hostname.slice(0, hostnameLengthMax).replace(/[-.]+$/, "")
  if (cut === "") throw new Error(`hostname for pod ${quote(podName)} was invalid: ${quote(hostname)}`)
  return cut
}
