import assert from "node:assert/strict"
import { createSocket } from "node:dgram"
import { join } from "node:path"
import { test } from "node:test"
import { bindUdp } from "../../platform/linux/sockets.ts"
import { cannotRun, createTestBed, platform, podRequest, type TestBed } from "../testing/namespaces.ts"
import { createBridgeNetwork } from "./bridge-network.ts"
import { hostInterfaceOf } from "./host-interface.ts"

const FAMILIES = [
  { family: "IPv4", own: "10.244.0.2", other: "10.244.0.3", node: "10.244.0.1", bits: 32 },
  { family: "IPv6", own: "fd00:10:244::3", other: "fd00:10:244::4", node: "fd00:10:244::1", bits: 128 },
] as const
const END = "end"

/** Two pods, a and b, on a node of both families. */
async function nodeWithTwoPods(bed: TestBed) {
  const [node, a, b] = [bed.namespace("node"), bed.namespace("a"), bed.namespace("b")]
  const network = createBridgeNetwork({
    name: "gtest0",
    ranges: [
      { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" },
      { podCidr: "fd00:10:244::/64", clusterCidr: "fd00:10:244::/48", serviceCidr: "fd00:10:96::/112" },
    ],
    stateDir: join(bed.dir, "state"),
    netns: node,
    platform,
  })
  bed.defer(() => network.close())
  await network.start()
  const ips = [await network.setUp(podRequest("a", a)), await network.setUp(podRequest("b", b))].map((each) => each.ips)
  assert.deepEqual(ips, [FAMILIES.map(({ own }) => own), FAMILIES.map(({ other }) => other)])
  return { network, node, a, b }
}

/** What a server on the node hears, until it hears the end. */
function listen(bed: TestBed, netns: string, host: string, port: number): Promise<readonly string[]> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4")
  bed.defer(() => socket.close())
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  const heard: string[] = []
  socket.on("message", (message, { address }) => {
    if (String(message) === END) resolve(heard)
    else heard.push(`${String(message)} from ${address}`)
  })
  socket.bind({ fd: bindUdp(netns, { host, port }) })
  return promise
}

/** Packets leave a pod in the order in which they were sent. */
function sendFrom(netns: string, from: string, to: string, port: number, text: string): Promise<void> {
  const socket = createSocket(from.includes(":") ? "udp6" : "udp4")
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.bind({ fd: bindUdp(netns, { host: from, port: 0 }) }, () => {
    socket.send(text, port, to, (error) => (error ? reject(error) : resolve()))
  })
  return promise.finally(() => socket.close())
}

for (const { family, own, other, node: gateway, bits } of FAMILIES) {
  test(`a pod sends from its own address only (${family})`, { skip: cannotRun }, async (t) => {
    const bed = createTestBed(t)
    const { network, node, a, b } = await nodeWithTwoPods(bed)
    const flags = family === "IPv6" ? ["nodad"] : []
    const take = (address: string) => bed.run(a, "ip", "address", "add", `${address}/${bits}`, "dev", "eth0", ...flags)
    const stranger = family === "IPv6" ? "fd00:99::1" : "198.51.100.1"
    assert.equal((await take(other)) + (await take(stranger)), "")

    const heard = listen(bed, node, gateway, 5000)
    await sendFrom(a, other, gateway, 5000, "spoofed")
    await sendFrom(a, stranger, gateway, 5000, "strange")
    await sendFrom(a, own, gateway, 5000, "own")
    await sendFrom(b, other, gateway, 5000, "true")
    await sendFrom(b, other, gateway, 5000, END)
    assert.deepEqual((await heard).toSorted(), [`own from ${own}`, `true from ${other}`])

    // The hardware address that another has.
    const again = listen(bed, node, gateway, 5001)
    const [, , mac = ""] = (await bed.run(b, "ip", "-br", "link", "show", "eth0")).split(/\s+/)
    await bed.run(a, "ip", "link", "set", "eth0", "address", mac)
    await sendFrom(a, own, gateway, 5001, "disguised")
    await sendFrom(b, other, gateway, 5001, END)
    assert.deepEqual(await again, [])

    // What somebody removes is made again, with who is there.
    await bed.run(node, "nft", "delete", "table", "bridge", "gtest0-ports")
    await network.repair()
    const after = listen(bed, node, gateway, 5002)
    await sendFrom(a, own, gateway, 5002, "disguised")
    await sendFrom(b, other, gateway, 5002, "true")
    await sendFrom(b, other, gateway, 5002, END)
    assert.deepEqual(await after, [`true from ${other}`])
  })
}

test("who has left may be followed by another, who sends from the same address", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const { network, node } = await nodeWithTwoPods(bed)
  const senders = async () => {
    const listed = (await bed.run(node, "nft", "list", "table", "bridge", "gtest0-ports")).replaceAll(/\s+/g, " ")
    return [...listed.matchAll(/"(gv\S+)" \. \S+ \. ([0-9a-f.:]+)/g)]
      .map(([, port, address]) => `${port} ${address}`)
      .sort()
  }
  const [a, b] = [hostInterfaceOf("gtest0", "a"), hostInterfaceOf("gtest0", "b")]
  const ofB = [`${b} 10.244.0.3`, `${b} fd00:10:244::4`]
  assert.deepEqual(await senders(), [`${a} 10.244.0.2`, `${a} fd00:10:244::3`, ...ofB].sort())
  await network.tearDown(podRequest("a", "/nowhere"))
  assert.deepEqual(await senders(), ofB)
  assert.doesNotMatch(await bed.run(node, "ip", "neigh", "show", "dev", "gtest0"), /10\.244\.0\.2 |::3 /)
  await network.start()
  assert.deepEqual(await senders(), ofB)
})
