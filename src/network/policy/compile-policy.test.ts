import assert from "node:assert/strict"
import { test } from "node:test"
import type { AddressRange } from "../../machinery/net/address-range.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { familyFor } from "../family.ts"
import { compilePolicy } from "./compile-policy.ts"
import { policy } from "./testing.ts"

type Spec = Parameters<typeof policy>[2]

/** Names without what tells sets apart. */
const shorten = (text: string) => text.replaceAll(/-[0-9a-f]{8}(?=\b)/g, "-*")

const pods = { podSelector: { matchLabels: { app: "web" } } }
const cases: readonly { readonly name: string; readonly spec: Spec; readonly items: readonly string[] }[] = [
  { name: "nothing may come in", spec: {}, items: ["chain ingress-*/shop/p = return"] },
  {
    name: "nothing may go anywhere",
    spec: { policyTypes: ["Egress", "Ingress"] },
    items: ["chain egress-*/shop/p = return", "chain ingress-*/shop/p = return"],
  },
  { name: "everything may come in", spec: { ingress: [{}] }, items: ["chain ingress-*/shop/p = accept"] },
  {
    name: "everything may go out, if it may come in there",
    spec: { policyTypes: ["Egress"], egress: [{}] },
    items: ["chain egress-*/shop/p = goto egress-allowed"],
  },
  {
    name: "egress rules without the type Egress have no effect",
    spec: { policyTypes: ["Ingress"], egress: [{}] },
    items: ["chain ingress-*/shop/p = return"],
  },
  {
    name: "each peer with each kind of port",
    spec: {
      ingress: [
        {
          from: [
            pods,
            { namespaceSelector: {} },
            { ipBlock: { cidr: "192.0.2.0/30" } },
            { ipBlock: { cidr: "192.0.2.4/30" } },
          ],
          ports: [
            { protocol: "TCP", port: 80 },
            { protocol: "TCP", port: 443 },
            { protocol: "TCP", port: 8000, endPort: 8100 },
            { protocol: "UDP", port: "dns" },
            { protocol: "SCTP" },
          ],
        },
      ],
    },
    items: [
      "chain ingress-*/shop/p = ip saddr @peers-* ip daddr . meta l4proto . th dport @port-udp-dns accept",
      "  ip saddr @peers-* meta l4proto sctp accept",
      "  ip saddr @peers-* tcp dport { 80, 443, 8000-8100 } accept",
      "  ip saddr @peers-* ip daddr . meta l4proto . th dport @port-udp-dns accept",
      "  ip saddr @peers-* meta l4proto sctp accept",
      "  ip saddr @peers-* tcp dport { 80, 443, 8000-8100 } accept",
      "  ip saddr { 192.0.2.0-192.0.2.7 } ip daddr . meta l4proto . th dport @port-udp-dns accept",
      "  ip saddr { 192.0.2.0-192.0.2.7 } meta l4proto sctp accept",
      "  ip saddr { 192.0.2.0-192.0.2.7 } tcp dport { 80, 443, 8000-8100 } accept",
      "set peers-* = type ipv4_addr;",
      "set peers-* = type ipv4_addr;",
      "set port-udp-dns = type ipv4_addr . inet_proto . inet_service;",
    ],
  },
  {
    name: "ranges of ports that overlap",
    spec: { ingress: [{ ports: [{ port: 80, endPort: 90 }, { port: 85, endPort: 95 }, { port: 96 }] as never }] },
    items: ["chain ingress-*/shop/p = tcp dport { 80-96 } accept"],
  },
  {
    name: "an IPv6 block names nobody",
    spec: { ingress: [{ from: [{ ipBlock: { cidr: "fd00::/8" } }] }] },
    items: ["chain ingress-*/shop/p = return"],
  },
  {
    name: "a node's own programs come from its tunnel too",
    spec: { ingress: [{ from: [{ ipBlock: { cidr: "10.89.0.2/32" } }] }] },
    items: ["chain ingress-*/shop/p = ip saddr { 10.89.0.2, 10.244.1.0 } accept"],
  },
]
const NODE = parseCidr("10.89.0.2/32")
const TUNNEL = parseCidr("10.244.1.0/32")
const family = familyFor("10.0.0.0")
const aliases = (ranges: readonly AddressRange[]) => (ranges.some(({ first }) => first === NODE.first) ? [TUNNEL] : [])

for (const { name, spec, items } of cases) {
  test(name, () => {
    const compiled = compilePolicy(policy("shop", "p", spec), family, aliases)
    const found = [...compiled.items]
      .map(([key, value]) => shorten(`${key} = ${value.replaceAll("\n", "\n  ")}`))
      .sort()
    assert.deepEqual(found.join("\n").split("\n"), items)
  })
}

test("rules with the same words share a set, and the policy's own namespace is one of the words", () => {
  const spec = { ingress: [{ from: [pods] }], egress: [{ to: [pods] }] }
  const [here, there] = ["a", "b"].map((namespace) => compilePolicy(policy(namespace, "p", spec), family))
  assert.equal(here?.selectors.length, 1)
  assert.notEqual(here?.selectors[0]?.set, there?.selectors[0]?.set)
  const everywhere = { ingress: [{ from: [{ ...pods, namespaceSelector: {} }] }] }
  const sets = ["a", "b"].map(
    (namespace) => compilePolicy(policy(namespace, "p", everywhere), family).selectors[0]?.set,
  )
  assert.equal(sets[0], sets[1])
})

test("in the other family's table stands what is of that family", () => {
  const from = [
    { ipBlock: { cidr: "10.0.0.0/8" } },
    { ipBlock: { cidr: "fd00:1::/64", except: ["fd00:1::/65"] } },
    pods,
  ]
  const { items } = compilePolicy(
    policy("shop", "p", { ingress: [{ from, ports: [{ protocol: "TCP", port: "web" }] }] }),
    familyFor("::"),
  )
  const set = "ip6 daddr . meta l4proto . th dport @port-tcp-web accept"
  assert.deepEqual([...items].map(([key, value]) => shorten(`${key} = ${value}`)).sort(), [
    `chain ingress-*/shop/p = ip6 saddr @peers-* ${set}\nip6 saddr { fd00:1:0:0:8000::-fd00:1::ffff:ffff:ffff:ffff } ${set}`,
    "set peers-* = type ipv6_addr;",
    "set port-tcp-web = type ipv6_addr . inet_proto . inet_service;",
  ])
})
