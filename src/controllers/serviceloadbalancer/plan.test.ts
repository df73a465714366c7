import assert from "node:assert/strict"
import { test } from "node:test"
import { parseAddressRange } from "../../machinery/net/address-range.ts"
import { service } from "../testing.ts"
import { CLEANUP_FINALIZER, plan } from "./plan.ts"

const POOL = parseAddressRange("192.0.2.10-192.0.2.12")
const POOL6 = parseAddressRange("fd00:10:90::/112")
const finalizers = [CLEANUP_FINALIZER]
const having = (ip: string) => ({ loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } })
const deletionTimestamp = "2026-01-01T00:00:00Z"
const balanced = { type: "LoadBalancer" }

const cases: readonly {
  readonly name: string
  readonly parts: Parameters<typeof service>[1]
  readonly pools?: Parameters<typeof plan>[1]
  readonly taken?: readonly string[]
  readonly step: string
}[] = [
  { name: "the first free address", parts: { spec: balanced }, taken: ["192.0.2.10"], step: "ensure 192.0.2.11" },
  { name: "its own address stays", parts: { spec: balanced, status: having("192.0.2.12") }, step: "ensure 192.0.2.12" },
  {
    name: "an address that another has too is given up",
    parts: { spec: balanced, status: having("192.0.2.12") },
    taken: ["192.0.2.12"],
    step: "ensure 192.0.2.10",
  },
  {
    name: "an address of a former pool",
    parts: { spec: balanced, status: having("10.0.0.1") },
    step: "ensure 192.0.2.10",
  },
  {
    name: "a name instead of an address",
    parts: { spec: balanced, status: { loadBalancer: { ingress: [{ hostname: "a" }] } } },
    step: "ensure 192.0.2.10",
  },
  {
    name: "our class",
    parts: { spec: { ...balanced, loadBalancerClass: "gantry.dev/pool" } },
    step: "ensure 192.0.2.10",
  },
  { name: "another's class", parts: { spec: { ...balanced, loadBalancerClass: "example.com/lb" } }, step: "nothing" },
  {
    name: "another's class, deleted",
    parts: { metadata: { finalizers, deletionTimestamp }, spec: { ...balanced, loadBalancerClass: "example.com/lb" } },
    step: "nothing",
  },
  { name: "no load balancer", parts: { spec: { type: "NodePort" } }, step: "nothing" },
  {
    name: "no load balancer any more",
    parts: { metadata: { finalizers }, spec: { type: "ClusterIP" } },
    step: "release",
  },
  { name: "deleted", parts: { metadata: { finalizers, deletionTimestamp }, spec: balanced }, step: "release" },
  { name: "deleted before it had one", parts: { metadata: { deletionTimestamp }, spec: balanced }, step: "nothing" },
  {
    name: "a wish",
    parts: { spec: { ...balanced, loadBalancerIP: "192.0.2.11" }, status: having("192.0.2.10") },
    step: "ensure 192.0.2.11",
  },
  {
    name: "a wish that another has",
    parts: { spec: { ...balanced, loadBalancerIP: "192.0.2.11" } },
    taken: ["192.0.2.11"],
    step: "fail requested IP 192.0.2.11 is in use by another service",
  },
  {
    name: "a wish from elsewhere",
    parts: { spec: { ...balanced, loadBalancerIP: "192.0.2.13" } },
    step: "fail requested IP 192.0.2.13 is not in the pool 192.0.2.10-192.0.2.12",
  },
  {
    name: "none left",
    parts: { spec: balanced },
    taken: ["192.0.2.10", "192.0.2.11", "192.0.2.12"],
    step: "fail all 3 addresses of the pool 192.0.2.10-192.0.2.12 are in use",
  },
  {
    name: "IPv6 only",
    parts: { spec: { ...balanced, ipFamilies: ["IPv6"] } },
    step: "fail the pool 192.0.2.10-192.0.2.12 has no addresses of the service's family, IPv6",
  },
  {
    name: "both families",
    parts: { spec: { ...balanced, ipFamilies: ["IPv6", "IPv4"] }, status: having("fd00:10:90::2") },
    pools: [POOL, POOL6],
    taken: ["192.0.2.10"],
    step: "ensure fd00:10:90::2,192.0.2.11",
  },
  {
    name: "a wish of one of both families",
    parts: { spec: { ...balanced, ipFamilies: ["IPv4", "IPv6"], loadBalancerIP: "fd00:10:90::9" } },
    pools: [POOL, POOL6],
    step: "ensure 192.0.2.10,fd00:10:90::9",
  },
]
for (const { name, parts, pools = [POOL], taken = [], step } of cases) {
  test(name, () => {
    const { do: what, ...rest } = plan(service("web", parts), pools, (address) => !taken.includes(address))
    assert.equal([what, ...Object.values(rest)].join(" "), step)
  })
}
