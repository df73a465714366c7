import { isIPv4, isIPv6 } from "node:net"
import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import type { ResourceRecord } from "./record.ts"

/** Seconds; short, as endpoints come and go. What CoreDNS gives by default. */
export const CLUSTER_TTL_SECONDS = 5

/**
 * The records of one service, by https://github.com/kubernetes/dns/blob/master/docs/specification.md. Pure.
 * `domain`: the cluster's, such as `cluster.local`.
 */
export function recordsOf(service: Service, slices: readonly EndpointSlice[], domain: string): ResourceRecord[] {
  const { namespace = "", name } = service.metadata
  const owner = `${name}.${namespace}.svc.${domain}`
  const { type, clusterIP = "", externalName = "" } = service.spec
  if (type === "ExternalName") return [record(owner, { type: "CNAME", target: plain(externalName) })]
  if (clusterIP === "None") return slices.flatMap((slice) => headlessRecords(slice, owner))
  return [...clusterIpRecords(service, owner), ...slices.flatMap((slice) => namedEndpoints(slice, owner))]
}

function clusterIpRecords(service: Service, owner: string): ResourceRecord[] {
  const { clusterIP = "", clusterIPs = [], ports = [] } = service.spec
  const ips = [...new Set([clusterIP, ...clusterIPs])].filter((ip) => ip !== "")
  const servers = ports.flatMap(({ name = "", protocol = "TCP", port }) =>
    name === ""
      ? []
      : [record(portName(name, protocol, owner), { type: "SRV", priority: 0, weight: 100, port, target: owner })],
  )
  return [...ips.flatMap((ip) => [address(owner, ip), reverse(ip, owner)]), ...servers]
}

/** Pods that say `hostname` and `subdomain` have a name also where the service has an address, as CoreDNS has it. */
function namedEndpoints(slice: EndpointSlice, owner: string): ResourceRecord[] {
  return readyEndpoints(slice).flatMap(({ ip, hostname }) =>
    hostname ? [address(`${hostname}.${owner}`, ip), reverse(ip, `${hostname}.${owner}`)] : [],
  )
}

function readyEndpoints({ addressType, endpoints = [] }: EndpointSlice) {
  if (addressType !== "IPv4" && addressType !== "IPv6") return []
  return endpoints.flatMap(({ addresses: [ip], conditions, hostname }) =>
    ip === undefined || conditions?.ready === false ? [] : [{ ip, hostname }],
  )
}

/** One name per ready endpoint, and the service's name for all of them. */
function headlessRecords(slice: EndpointSlice, owner: string): ResourceRecord[] {
  return readyEndpoints(slice).flatMap(({ ip, hostname }) => {
    const host = `${hostname || ip.replaceAll(/[.:]/g, "-")}.${owner}`
    const servers = (slice.ports ?? []).flatMap(({ name = "", protocol = "TCP", port = 0 }) =>
      name === "" || port === 0
        ? []
        : [record(portName(name, protocol, owner), { type: "SRV", priority: 0, weight: 100, port, target: host })],
    )
    return [address(owner, ip), address(host, ip), reverse(ip, host), ...servers]
  })
}

function portName(name: string, protocol: string, owner: string): string {
  return `_${name.toLowerCase()}._${protocol.toLowerCase()}.${owner}`
}

export function address(name: string, ip: string): ResourceRecord {
  return record(name, { type: isIPv4(ip) ? "A" : "AAAA", address: ip })
}

function reverse(ip: string, target: string): ResourceRecord {
  return record(reverseName(ip), { type: "PTR", target })
}

/** `10.244.0.2` becomes `2.0.244.10.in-addr.arpa`. */
export function reverseName(ip: string): string {
  if (isIPv6(ip)) return `${ipv6Digits(ip).toReversed().join(".")}.ip6.arpa`
  return `${ip.split(".").toReversed().join(".")}.in-addr.arpa`
}

function ipv6Digits(ip: string): string[] {
  const [head = "", tail] = ip.split("::")
  const groups = (part: string | undefined) => (part ? part.split(":") : [])
  const [before, after] = [groups(head), groups(tail)]
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => "0")
  return [...before, ...zeros, ...after].flatMap((group) => [...group.padStart(4, "0").toLowerCase()])
}

/** External names may end with the root's dot. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "")
}

export function record(name: string, data: ResourceRecord["data"]): ResourceRecord {
  return { name, ttl: CLUSTER_TTL_SECONDS, data }
}
