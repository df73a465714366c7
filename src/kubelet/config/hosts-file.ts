import { readFileSync, writeFileSync } from "node:fs"
import { hostname as nodeHostname } from "node:os"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodHostname } from "./hostname.ts"

const localEntries = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
]

/** The file that is mounted as /etc/hosts into a pod's containers. `ips`: the pod's, with the node's network the node's. */
export function hostsFile(pod: Pod, ips: readonly string[], { hostname, domain }: PodHostname): string {
  const aliases = hostAliases(pod)
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeEntries(ips)}${aliases}`
  const names = domain === "" ? hostname : `${hostname}.${domain}\t${hostname}`
  const own = ips.map((ip) => `${ip}\t${names}`)
  return `# Kubernetes-managed hosts file.\n${[...localEntries, ...own].join("\n")}\n${aliases}`
}

/** Nodes that share a machine have its file, which knows nothing of their names. */
function nodeEntries(nodeIps: readonly string[]): string {
  const file = readFileSync("/etc/hosts", "utf8")
  const own = nodeHostname()
  if (file.split(/\s+/).includes(own)) return file
  return `${file.trimEnd()}\n${nodeIps.map((ip) => `${ip}\t${own}\n`).join("")}`
}

function hostAliases(pod: Pod): string {
  const lines = (pod.spec.hostAliases ?? []).map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join("\t")}\n`)
  return lines.length === 0 ? "" : `\n# Entries added by HostAliases.\n${lines.join("")}`
}

export function writeHostsFile(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o644 })
}
