import assert from "node:assert/strict"
import { test } from "node:test"
import { node } from "../testing/objects.ts"
import { entriesOf, peersOf } from "./peers.ts"

const own = { nodeName: "here", nodeIp: "fd00:192::1" }

test("nodes are peers by what is an address of theirs, in its one spelling", () => {
  const range = "fd00:10:244:1::/64"
  const nodes = [
    node("here", "fd00:10:244::/64", "fd00:192::1"),
    node("there", range, "FD00:192:0::2"),
    node("named", "fd00:10:244:2::/64", "named:example"),
    node("on-a-link", "fd00:10:244:3::/64", "fe80::1%up0"),
    node("other-family", "fd00:10:244:4::/64", "192.0.2.4"),
    node("new", "", "fd00:192::5"),
  ]
  const peers = peersOf(nodes, own)
  assert.deepEqual(peers, [{ podCidrs: [range], nodeIp: "fd00:192::2", nodeIps: ["fd00:192::2"] }])
  assert.deepEqual(
    entriesOf(peers, 7).routes.map(({ destination }) => destination),
    [range],
  )
})

test("a node with a name for an address is no peer, rather than the end of all tunnels", () => {
  const nodes = [node("named", "10.244.1.0/24", "named.example"), node("there", "10.244.2.0/24", "192.0.2.2")]
  const peers = peersOf(nodes, { nodeName: "here", nodeIp: "192.0.2.1" })
  assert.deepEqual(
    entriesOf(peers, 7).forwardings.map(({ address }) => address),
    ["192.0.2.2"],
  )
})
