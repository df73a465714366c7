import type { Pod } from "../../api/core/v1/pod.ts"
import type { DnsConfig } from "../../runtime/runtime.ts"

/** What Kubernetes' validation allows at most; resolvers ignore or refuse more. */
const serversMax = 3
const searchesMax = 32
const searchTextLengthMax = 2048

export interface ClusterDns {
  readonly servers: readonly string[]
  readonly domain: string
}

/** The resolv.conf of a pod. https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy */
export function podDns(pod: Pod, cluster: ClusterDns, node: DnsConfig): DnsConfig {
  const base = baseConfig(pod, cluster, node)
  const own = pod.spec.dnsConfig
  const options = (own?.options ?? []).map(({ name = "", value }) => (value ? `${name}:${value}` : name))
  return {
    servers: unique([...base.servers, ...(own?.nameservers ?? [])]).slice(0, serversMax),
    searches: limitSearches(unique([...base.searches, ...(own?.searches ?? [])])),
    options: mergeOptions(base.options, options),
  }
}

function baseConfig(pod: Pod, cluster: ClusterDns, node: DnsConfig): DnsConfig {
  const policy = pod.spec.dnsPolicy ?? "ClusterFirst"
  if (policy === "None") return { servers: [], searches: [], options: [] }
  const viaCluster = policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !pod.spec.hostNetwork)
  if (!viaCluster || cluster.servers.length === 0) return node
  const { domain } = cluster
  const own = domain === "" ? [] : [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain]
  return { servers: cluster.servers, searches: unique([...own, ...node.searches]), options: ["ndots:5"] }
}

/** Later options win over earlier ones of the same name. */
function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const byName = new Map<string, string>()
  for (const option of [...base, ...own]) byName.set(option.split(":", 1)[0] ?? option, option)
  return [...byName.values()]
}

function limitSearches(searches: readonly string[]): string[] {
  const kept: string[] = []
  let length = 0
  for (const search of searches.slice(0, searchesMax)) {
    length += search.length + (kept.length > 0 ? 1 : 0)
    if (length > searchTextLengthMax) break
    kept.push(search)
  }
  return kept
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
