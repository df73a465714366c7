import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { createBridgeNetwork } from "../cni/bridge-network.ts"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { createServiceProxy } from "./service-proxy.ts"

const cidrs = { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }
const CLUSTER_IP = "10.96.0.20"
const NODE_IP = "192.0.2.1"
const [CLIENT, B, C] = ["10.244.0.2", "10.244.0.3", "10.244.0.4"]

/** A node with three pods (a client, servers b and c) and a machine outside. */
async function nodeWithPods(t: TestContext) {
  const bed = createTestBed(t)
  const [node, world] = [bed.namespace("node"), bed.namespace("world")]
  const [client, b, c] = [bed.namespace("client"), bed.namespace("b"), bed.namespace("c")]
  bed.connect(
    { netns: node, name: "up0", address: `${NODE_IP}/24` },
    { netns: world, name: "up0", address: "192.0.2.2/24" },
  )
  await bed.run(world, "ip", "route", "add", "default", "via", NODE_IP)
  await bed.run(node, "ip", "route", "add", "default", "via", "192.0.2.2")
  const network = createBridgeNetwork({
    name: "gtest0",
    ranges: [cidrs],
    stateDir: join(bed.dir, "state"),
    netns: node,
    platform,
  })
  bed.defer(() => network.close())
  await network.start()
  for (const [id, netns] of Object.entries({ client, b, c })) await network.setUp(podRequest(id, netns))
  await bed.serve(b, 80, "b")
  await bed.serve(c, 80, "c")
  const warnings: string[] = []
  const openProxy = () => {
    const proxy = createServiceProxy({
      name: "gtest0",
      ranges: [cidrs],
      nodeName: "here",
      nodeIps: [NODE_IP],
      netns: node,
      platform,
      warn: (_service, { reason }) => warnings.push(reason),
    })
    bed.defer(() => proxy.close())
    return proxy
  }
  return { warnings, bed, node, world, client, b, c, openProxy }
}

const here = (ip: string, state?: Parameters<typeof endpoint>[2]) => endpoint(ip, "here", state)
const web = { clusterIP: CLUSTER_IP, ports: [port(8080, { nodePort: 30080 })], externalIPs: ["203.0.113.9"] }

test("a service answers at all its addresses", { skip: cannotRun }, async (t) => {
  const { bed, node, world, client, b, openProxy } = await nodeWithPods(t)
  const proxy = openProxy()
  proxy.set(service("web", web, "203.0.113.10"), [slice("web", 80, [here(B)])])
  await proxy.start()
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), `b ${CLIENT}`)
  assert.equal(await bed.ask(node, CLUSTER_IP, 8080), "b 10.244.0.1")
  assert.equal(await bed.ask(world, CLUSTER_IP, 8080), "b 10.244.0.1")
  assert.equal(await bed.ask(b, CLUSTER_IP, 8080), "b 10.244.0.1")
  for (const from of [node, client, b]) {
    assert.equal(await bed.ask(from, NODE_IP, 30080), "b 10.244.0.1")
    assert.equal(await bed.ask(from, "203.0.113.9", 8080), "b 10.244.0.1")
  }
  assert.equal(await bed.ask(node, "127.0.0.1", 30080), "b 10.244.0.1")
  assert.equal(await bed.ask(world, NODE_IP, 30080), "b 10.244.0.1")
  assert.equal(await bed.ask(world, "203.0.113.10", 8080), "b 10.244.0.1")
  assert.equal(await bed.ask(client, CLUSTER_IP, 8081), "refused")

  proxy.set(service("web", web, "203.0.113.10"), [slice("web", 80, [here(B, "unready")])])
  await proxy.settled()
  for (const from of [client, node, world]) {
    assert.equal(await bed.ask(from, CLUSTER_IP, 8080), "refused")
    assert.equal(await bed.ask(from, NODE_IP, 30080), "refused")
    assert.equal(await bed.ask(from, "203.0.113.9", 8080), "refused")
  }

  proxy.remove("default/web")
  await proxy.settled()
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), "refused")
  await proxy.destroy()
  assert.equal(await bed.run(node, "nft", "list", "tables"), "table ip gtest0-pods\ntable bridge gtest0-ports")
})

test("external policy Local keeps the client's address and tells load balancers", { skip: cannotRun }, async (t) => {
  const { bed, node, world, client, openProxy } = await nodeWithPods(t)
  const proxy = openProxy()
  const local = { ...web, externalTrafficPolicy: "Local", healthCheckNodePort: 31000 }
  proxy.set(service("web", local), [slice("web", 80, [here(B)])])
  await proxy.start()
  const health = () => bed.run(world, "curl", "-s", "-m", "3", "-w", " %{http_code}", `http://${NODE_IP}:31000/healthz`)
  assert.equal(await bed.ask(world, NODE_IP, 30080), "b 192.0.2.2")
  assert.match(await health(), /"localEndpoints": 1[^]*200$/)
  proxy.set(service("web", local), [slice("web", 80, [endpoint(B, "there")])])
  await proxy.settled()
  assert.equal(await bed.ask(client, NODE_IP, 30080), `b ${CLIENT}`)
  assert.equal(await bed.ask(node, "127.0.0.1", 30080), "b 10.244.0.1")
  assert.match(await health(), /"localEndpoints": 0[^]*503$/)
})

test("load balancers admit their source ranges only", { skip: cannotRun }, async (t) => {
  const { bed, world, client, openProxy } = await nodeWithPods(t)
  const proxy = openProxy()
  const slices = [slice("web", 80, [here(B)])]
  const balanced = (name: string, ip: string, range: string) => {
    const spec = {
      clusterIP: ip.replace("203.0.113", "10.96.1"),
      ports: [port(8080)],
      loadBalancerSourceRanges: [range],
    }
    proxy.set(service(name, spec, ip), slices)
  }
  balanced("near", "203.0.113.10", "192.0.2.0/24")
  balanced("far", "203.0.113.11", "198.51.100.0/24")
  await proxy.start()
  const [near, far, inside] = await Promise.all([
    bed.ask(world, "203.0.113.10", 8080),
    bed.ask(world, "203.0.113.11", 8080),
    bed.ask(client, "10.96.1.11", 8080),
  ])
  assert.deepEqual([near, far, inside], ["b 10.244.0.1", "no answer", `b ${CLIENT}`])
})

test("SCTP is led to endpoints, health checks that cannot listen are told", { skip: cannotRun }, async (t) => {
  const { bed, node, b, client, warnings, openProxy } = await nodeWithPods(t)
  await bed.serve(node, 31001, "in the way")
  const proxy = openProxy()
  const signals = { clusterIP: "10.96.0.25", ports: [port(5060, { protocol: "SCTP" })] }
  proxy.set(service("signals", signals), [slice("signals", 5060, [here(B)], "SCTP")])
  const local = { clusterIP: "10.96.0.26", ports: [], externalTrafficPolicy: "Local", healthCheckNodePort: 31001 }
  for (const _ of [1, 2]) proxy.set(service("local", local), [])
  await proxy.start()
  assert.deepEqual(
    warnings.filter((reason) => reason !== "SCTPNotSupported"),
    ["FailedToStartServiceHealthcheck"],
  )
  await bed.run(
    b,
    "nft",
    "table ip seen { chain input { type filter hook input priority 0;\n ip protocol sctp th dport 5060 counter\n }\n}",
  )
  await bed.run(client, "python3", "-c", SEND_SCTP_INIT)
  assert.match(await bed.run(b, "nft", "list", "table", "ip", "seen"), /counter packets 1 /)
})

/** The first packet of an association, from a raw socket: the kernel may have no SCTP itself. */
const SEND_SCTP_INIT = `
import socket, struct
def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8): crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff
header = struct.pack("!HHI", 5555, 5060, 0)
init = struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65535, 1, 1, 1)
checksum = struct.pack("<I", crc32c(header + bytes(4) + init))
socket.socket(socket.AF_INET, socket.SOCK_RAW, 132).sendto(header + checksum + init, ("10.96.0.25", 0))
`

test("endpoints are chosen at random, or by the client's address", { skip: cannotRun }, async (t) => {
  const { bed, node, client, openProxy } = await nodeWithPods(t)
  const proxy = openProxy()
  const slices = [slice("web", 80, [here(B), here(C)])]
  proxy.set(service("web", web), slices)
  const sticky = { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }
  proxy.set(service("sticky", { clusterIP: "10.96.0.21", ports: [port(80)], ...sticky }), slices)
  await proxy.start()
  const answers = async (ip: string, portNumber: number) => {
    const seen = new Set<string>()
    for (let i = 0; i < 24; i++) seen.add(await bed.ask(client, ip, portNumber))
    return [...seen].sort()
  }
  assert.deepEqual(await answers(CLUSTER_IP, 8080), [`b ${CLIENT}`, `c ${CLIENT}`])
  const chosen = await answers("10.96.0.21", 80)
  assert.equal(chosen.length, 1)
  assert.match(
    await bed.run(node, "nft", "list", "table", "ip", "gtest0-services"),
    /timeout 1m\n\s+elements = \{ 10\.244\.0\.2 expires/,
  )
  // A client stays with its endpoint over a restart, and moves when the endpoint leaves.
  await proxy.close()
  const next = openProxy()
  next.set(service("sticky", { clusterIP: "10.96.0.21", ports: [port(80)], ...sticky }), slices)
  await next.start()
  assert.deepEqual(await answers("10.96.0.21", 80), chosen)
  const [leaves, stays] = chosen[0]?.startsWith("b") ? [B, C] : [C, B]
  const left = [slice("web", 80, [here(leaves, "terminating"), here(stays)])]
  next.set(service("sticky", { clusterIP: "10.96.0.21", ports: [port(80)], ...sticky }), left)
  await next.settled()
  assert.deepEqual(await answers("10.96.0.21", 80), [`${stays === B ? "b" : "c"} ${CLIENT}`])
})

test("established connections go on when their endpoint leaves, UDP flows move", { skip: cannotRun }, async (t) => {
  const { bed, node, client, b, c, openProxy } = await nodeWithPods(t)
  await bed.serve(b, 53, "b", "udp")
  await bed.serve(c, 53, "c", "udp")
  await bed.echo(b, 90)
  const proxy = openProxy()
  const both = { clusterIP: CLUSTER_IP, ports: [port(90), port(53, { protocol: "UDP" })] }
  const at = (ip: string) => [slice("both", 90, [here(ip)]), slice("both", 53, [here(ip)], "UDP")]
  proxy.set(service("both", both), at(B))
  await proxy.start()
  const connection = bed.open(client, CLUSTER_IP, 90)
  assert.equal(await connection.exchange("one"), "one")
  const askUdp = () => bed.askUdp(client, CLUSTER_IP, 53, 5555)
  assert.equal(await askUdp(), `b ${CLIENT}`)
  proxy.set(service("both", both), at(C))
  await proxy.settled()
  assert.equal(await askUdp(), `c ${CLIENT}`)
  assert.equal(await connection.exchange("two"), "two")
  assert.equal(await bed.ask(client, CLUSTER_IP, 90), "refused")
  proxy.set(service("both", both), [])
  await proxy.settled()
  assert.equal(await askUdp(), "refused")
  proxy.set(service("both", both), at(B))
  await proxy.settled()
  assert.equal(await askUdp(), `b ${CLIENT}`)
  proxy.remove("default/both")
  await proxy.settled()
  assert.equal(await askUdp(), "refused")
  assert.equal((await bed.run(node, "conntrack", "-L", "-p", "udp")).includes(`src=${B} `), false)
})

test("rules outlive their writer, and are repaired when someone flushes them", { skip: cannotRun }, async (t) => {
  const { bed, node, client, openProxy } = await nodeWithPods(t)
  const first = openProxy()
  first.set(service("web", web), [slice("web", 80, [here(B)])])
  first.set(service("old", { ...web, clusterIP: "10.96.0.30", sessionAffinity: "ClientIP" }), [
    slice("old", 80, [here(B)]),
  ])
  await first.start()
  await first.close()
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), `b ${CLIENT}`)
  const second = openProxy()
  second.set(service("web", web), [slice("web", 80, [here(C)])])
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), `b ${CLIENT}`)
  await second.start()
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), `c ${CLIENT}`)
  assert.equal(await bed.ask(client, "10.96.0.30", 8080), "refused")
  assert.doesNotMatch(await bed.run(node, "nft", "list", "ruleset"), /default\/old|10\.96\.0\.30|clients-/)
  await bed.run(node, "nft", "delete", "table", "ip", "gtest0-services")
  await second.repair()
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), `c ${CLIENT}`)
  const written = second.writers[0]?.applied()
  await second.repair()
  assert.equal(second.writers[0]?.applied(), written)
  const elements = `{ ${CLUSTER_IP} . tcp . 8080 }`
  await bed.run(node, "nft", `delete element ip gtest0-services service-ips ${elements}`)
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), "refused")
  await second.repair()
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), `c ${CLIENT}`)
})

test("clusters stand side by side on one machine", { skip: cannotRun }, async (t) => {
  const { bed, node, client, openProxy } = await nodeWithPods(t)
  const first = openProxy()
  first.set(service("web", web), [slice("web", 80, [here(B)])])
  await first.start()
  const others = { podCidr: "10.243.0.0/24", clusterCidr: "10.243.0.0/16", serviceCidr: "10.97.0.0/16" }
  const bridge = createBridgeNetwork({
    name: "gtest1",
    ranges: [others],
    stateDir: join(bed.dir, "other"),
    netns: node,
    platform,
  })
  const second = createServiceProxy({
    name: "gtest1",
    ranges: [others],
    nodeName: "here",
    nodeIps: [NODE_IP],
    netns: node,
    platform,
  })
  bed.defer(() => bridge.close())
  bed.defer(() => second.close())
  await bridge.start()
  const pod = bed.namespace("other-pod")
  await bridge.setUp(podRequest("other-pod", pod))
  await bed.serve(pod, 80, "other")
  second.set(service("web", { clusterIP: "10.97.0.20", ports: [port(80, { nodePort: 30081 })] }), [
    slice("web", 80, [here("10.243.0.2")]),
  ])
  await second.start()
  assert.equal(await bed.ask(client, CLUSTER_IP, 8080), `b ${CLIENT}`)
  assert.equal(await bed.ask(pod, "10.97.0.20", 80), "other 10.243.0.1")
  assert.equal(await bed.ask(node, "127.0.0.1", 30080), "b 10.244.0.1")
  assert.equal(await bed.ask(node, "127.0.0.1", 30081), "other 10.243.0.1")
  assert.equal(await bed.ask(client, NODE_IP, 30081), "other 10.243.0.1")
  assert.equal(await bed.ask(pod, CLUSTER_IP, 8080), "b 10.244.0.1")
  await first.destroy()
  assert.equal(await bed.ask(pod, "10.97.0.20", 80), "other 10.243.0.1")
  assert.equal(await bed.ask(node, "127.0.0.1", 30081), "other 10.243.0.1")
})
