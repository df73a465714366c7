import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { parseAddress } from "../../machinery/net/cidr.ts"
import { cannotRun, createTestBed, platform, podRequest, type TestBed } from "../testing/namespaces.ts"
import { createBridgeNetwork } from "./bridge-network.ts"

interface Host {
  readonly mac: string
  readonly ipv4: string
  readonly ipv6: string
}

const GATEWAY: Host = { mac: "0a580af40001", ipv4: "10.244.0.1", ipv6: "fd00:10:244::1" }
/** Who forges, and who is to be cheated. */
const OWN: Host = { mac: "0a580af40002", ipv4: "10.244.0.2", ipv6: "fd00:10:244::3" }
const VICTIM: Host = { mac: "0a580af40003", ipv4: "10.244.0.3", ipv6: "fd00:10:244::4" }
const EVERYBODY = "ffffffffffff"
const ALL_NODES = { mac: "333300000001", ipv6: "ff02::1" }

const hex = (...parts: readonly (string | readonly [value: number, bytes: number])[]): string =>
  parts.map((part) => (typeof part === "string" ? part : part[0].toString(16).padStart(2 * part[1], "0"))).join("")
const ip = (address: string, bytes: number): string =>
  parseAddress(address)
    .toString(16)
    .padStart(2 * bytes, "0")

/** An Ethernet frame. `from`: its sender's hardware address. */
const frame = (to: string, type: string, payload: string, from = OWN.mac): string => hex(to, from, type, payload)

/** https://www.rfc-editor.org/rfc/rfc826: "`address` is at `mac`". */
const arp = (operation: 1 | 2, mac: string, address: string, target: Pick<Host, "mac" | "ipv4">): string =>
  hex([1, 2], [0x800, 2], [6, 1], [4, 1], [operation, 2], mac, ip(address, 4), target.mac, ip(target.ipv4, 4))

/** An ICMPv6 message, behind as many empty hop-by-hop headers as wanted. */
function icmp6(source: string, target: string, message: string, headers = 0): string {
  const body = Buffer.from(message, "hex")
  body.writeUInt16BE(checksum(Buffer.concat([pseudoHeader(source, target, body.length), body])), 2)
  const options = hex([58, 1], [0, 1], "010400000000").repeat(headers)
  const length = body.length + options.length / 2
  return hex(
    [6, 1],
    "000000",
    [length, 2],
    [headers > 0 ? 0 : 58, 1],
    [255, 1],
    ip(source, 16),
    ip(target, 16),
    options,
    body.toString("hex"),
  )
}

const pseudoHeader = (source: string, target: string, length: number): Buffer =>
  Buffer.from(hex(ip(source, 16), ip(target, 16), [length, 4], [58, 4]), "hex")

function checksum(data: Buffer): number {
  let sum = 0
  for (let at = 0; at < data.length; at += 2) sum += data.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** https://www.rfc-editor.org/rfc/rfc4861#section-4 */
const advertisement = (address: string, mac: string): string =>
  hex([136, 1], "000000", "60000000", ip(address, 16), [2, 1], [1, 1], mac)
const solicitation = (address: string, mac: string): string =>
  hex([135, 1], "000000", "00000000", ip(address, 16), [1, 1], [1, 1], mac)
const router = (mac: string): string =>
  hex([134, 1], "000000", [64, 1], [0, 1], [1800, 2], [0, 4], [0, 4], [1, 1], [1, 1], mac)
const redirect = (target: string, destination: string): string =>
  hex([137, 1], "000000", [0, 4], ip(target, 16), ip(destination, 16))

const forged: readonly { readonly name: string; readonly frame: string }[] = [
  { name: "ARP: the gateway is here, to all", frame: frame(EVERYBODY, "0806", arp(2, OWN.mac, GATEWAY.ipv4, VICTIM)) },
  { name: "ARP: the gateway is here", frame: frame(VICTIM.mac, "0806", arp(2, OWN.mac, GATEWAY.ipv4, VICTIM)) },
  { name: "ARP: the victim is here", frame: frame(GATEWAY.mac, "0806", arp(2, OWN.mac, VICTIM.ipv4, GATEWAY)) },
  {
    name: "ARP: a question in the victim's name",
    frame: frame(EVERYBODY, "0806", arp(1, OWN.mac, VICTIM.ipv4, GATEWAY)),
  },
  {
    name: "ARP: own address, the victim's hardware",
    frame: frame(EVERYBODY, "0806", arp(2, VICTIM.mac, OWN.ipv4, GATEWAY)),
  },
  {
    name: "ARP: all in the victim's name",
    frame: frame(GATEWAY.mac, "0806", arp(2, VICTIM.mac, VICTIM.ipv4, GATEWAY), VICTIM.mac),
  },
  { name: "ARP behind a tag", frame: frame(EVERYBODY, "8100", `00000806${arp(2, OWN.mac, GATEWAY.ipv4, VICTIM)}`) },
  { name: "RARP", frame: frame(EVERYBODY, "8035", arp(2, OWN.mac, GATEWAY.ipv4, VICTIM)) },
  ...[0, 1].flatMap((headers) => [
    {
      name: `ND: the gateway is here, ${headers} headers`,
      frame: frame(
        ALL_NODES.mac,
        "86dd",
        icmp6(GATEWAY.ipv6, ALL_NODES.ipv6, advertisement(GATEWAY.ipv6, OWN.mac), headers),
      ),
    },
    {
      name: `ND: the victim is here, ${headers} headers`,
      frame: frame(GATEWAY.mac, "86dd", icmp6(OWN.ipv6, GATEWAY.ipv6, advertisement(VICTIM.ipv6, OWN.mac), headers)),
    },
    {
      name: `ND: a router is here, ${headers} headers`,
      frame: frame(ALL_NODES.mac, "86dd", icmp6("fe80::1", ALL_NODES.ipv6, router(OWN.mac), headers)),
    },
    {
      name: `ND: a better way, ${headers} headers`,
      frame: frame(VICTIM.mac, "86dd", icmp6(GATEWAY.ipv6, VICTIM.ipv6, redirect(OWN.ipv6, "fd00:99::1"), headers)),
    },
  ]),
  {
    name: "ND: a question in the victim's name",
    frame: frame(GATEWAY.mac, "86dd", icmp6(VICTIM.ipv6, GATEWAY.ipv6, solicitation(GATEWAY.ipv6, OWN.mac))),
  },
  {
    name: "ND: a question from own address with the victim's hardware",
    frame: frame(GATEWAY.mac, "86dd", icmp6(OWN.ipv6, GATEWAY.ipv6, solicitation(GATEWAY.ipv6, VICTIM.mac))),
  },
]

/** Sends frames, one a line, as they are. */
const SEND = `
import socket, sys
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("eth0", 0))
for line in sys.argv[1:]: raw.send(bytes.fromhex(line))
`
/** What an interface receives, before anything of it is judged. */
const COUNT = `table netdev seen { chain in { type filter hook ingress device "eth0" priority -500;
  ether saddr { 0a:58:0a:f4:00:02, 0a:58:0a:f4:00:03 } counter; }; }`

async function nodeWithTwoPods(bed: TestBed) {
  const [node, own, victim] = [bed.namespace("node"), bed.namespace("own"), bed.namespace("victim")]
  const ranges = [
    { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" },
    { podCidr: "fd00:10:244::/64", clusterCidr: "fd00:10:244::/48", serviceCidr: "fd00:10:96::/112" },
  ]
  const network = createBridgeNetwork({
    name: "gtest0",
    ranges,
    stateDir: join(bed.dir, "state"),
    netns: node,
    platform,
  })
  bed.defer(() => network.close())
  await network.start()
  for (const [name, netns] of [
    ["own", own],
    ["victim", victim],
  ] as const)
    await network.setUp(podRequest(name, netns))
  await bed.run(victim, "nft", COUNT)
  return { node, own, victim }
}

test("no pod makes others believe what is not so, by ARP or neighbour discovery", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const { node, own, victim } = await nodeWithTwoPods(bed)
  await bed.serve(victim, 80, "victim-sees")
  const send = (frames: readonly string[]) => bed.run(own, "python3", "-c", SEND, ...frames)
  const believed = async () => {
    const parts = [node, victim].flatMap((netns) => [
      bed.run(netns, "ip", "neigh", "show", "nud", "all"),
      bed.run(netns, "ip", "-6", "route", "show"),
    ])
    return (await Promise.all(parts))
      .join("\n")
      .split(/\s*\n/)
      .filter((line) => !/NOARP|proto kernel/.test(line))
      .toSorted()
  }
  const received = async () =>
    /packets (\d+)/.exec(await bed.run(victim, "nft", "list", "table", "netdev", "seen"))?.[1]
  const before = await believed()
  assert.equal(before.filter((line) => line.includes("PERMANENT")).length, 6)

  assert.equal(await send(forged.map((each) => each.frame)), "")
  assert.deepEqual(await believed(), before)
  assert.equal(await received(), "0")
  for (const address of [VICTIM.ipv4, VICTIM.ipv6]) {
    assert.match(await bed.ask(own, address, 80), /^victim-sees/)
    assert.match(await bed.ask(node, address, 80), /^victim-sees/)
  }

  await bed.run(node, "nft", "delete", "table", "bridge", "gtest0-ports")
  await send([frame(VICTIM.mac, "0806", arp(2, OWN.mac, GATEWAY.ipv4, VICTIM))])
  assert.notEqual(await received(), "0", "without the fence it is received")
})
