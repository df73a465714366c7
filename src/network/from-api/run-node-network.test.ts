import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { createBridgeNetwork } from "../cni/bridge-network.ts"
import { startDnsServer } from "../dns/dns-server.ts"
import { createPodPolicies } from "../policy/pod-policies.ts"
import { type ApiStub, createApiStub } from "../testing/api.ts"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { endpoint, node as nodeObject, port, service, slice } from "../testing/objects.ts"
import { type NodeNetworkOptions, runNodeNetwork } from "./run-node-network.ts"

const cidrs = { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }
const DNS_IP = "10.96.0.10"

async function nodeWithPods(t: TestContext) {
  const bed = createTestBed(t)
  const [node, client, b, c] = [bed.namespace("node"), bed.namespace("client"), bed.namespace("b"), bed.namespace("c")]
  const bridge = createBridgeNetwork({
    name: "gtest0",
    ranges: [cidrs],
    stateDir: join(bed.dir, "cni"),
    netns: node,
    platform,
  })
  bed.defer(() => bridge.close())
  await bridge.start()
  for (const [id, netns] of Object.entries({ client, b, c })) await bridge.setUp(podRequest(id, netns))
  await bed.serve(b, 80, "b")
  await bed.serve(c, 80, "c")
  const resolvConf = join(bed.dir, "resolv.conf")
  writeFileSync(resolvConf, "")
  const start = (api: ApiStub, more: Partial<NodeNetworkOptions> = {}) => {
    const controller = new AbortController()
    const policies = createPodPolicies({ name: "gtest0", podCidrs: [cidrs.podCidr], netns: node, platform })
    const network = runNodeNetwork({
      client: api.client,
      platform,
      nodeName: "here",
      nodeIps: ["192.0.2.1"],
      bridge,
      policies,
      clusterDomain: "cluster.local",
      dnsIps: [DNS_IP],
      stateDir: join(bed.dir, "network"),
      resolvConf,
      netns: node,
      signal: controller.signal,
      ...more,
    })
    bed.defer(() => {
      controller.abort()
      return network.stopped
    })
    return { network, abort: () => controller.abort() }
  }
  const resolve = (name: string) => {
    const script = `
      const resolver = new (require("node:dns").promises.Resolver)({ timeout: 1000, tries: 1 })
      resolver.setServers(["${DNS_IP}"])
      resolver.resolve4("${name}").then((found) => console.log(found.join()), (error) => console.log(error.code))`
    return bed.run(client, process.execPath, "-e", script)
  }
  return { bed, node, client, start, resolve }
}

const web = service("web", { clusterIP: "10.96.0.20", ports: [port(8080)] })
const webAt = (ip: string) => slice("web", 80, [endpoint(ip, "here")])
const NAME = "web.default.svc.cluster.local"

test("services and names follow the API", { skip: cannotRun }, async (t) => {
  const { bed, node, client, start, resolve } = await nodeWithPods(t)
  const api = createApiStub()
  await api.put(Service, web)
  await api.put(EndpointSlice, webAt("10.244.0.3"))
  const { network, abort } = start(api)
  await network.synced
  assert.equal(await resolve(NAME), "10.96.0.20")
  assert.equal(await bed.ask(client, "10.96.0.20", 8080), "b 10.244.0.2")
  await api.put(EndpointSlice, webAt("10.244.0.4"))
  await network.proxy.settled()
  assert.equal(await bed.ask(client, "10.96.0.20", 8080), "c 10.244.0.2")
  await api.remove(EndpointSlice, webAt("10.244.0.4"))
  await network.proxy.settled()
  assert.equal(await bed.ask(client, "10.96.0.20", 8080), "refused")
  await api.remove(Service, web)
  await network.proxy.settled()
  assert.equal(await resolve(NAME), "ENOTFOUND")
  abort()
  await network.destroy()
  assert.equal(await bed.run(node, "nft", "list", "tables"), "table ip gtest0-pods\ntable bridge gtest0-ports")
})

test("stub domains follow the API, and count while it is away", { skip: cannotRun }, async (t) => {
  const { start, resolve, bed, node } = await nodeWithPods(t)
  const acme = startDnsServer({
    dnsIps: [DNS_IP],
    platform,
    resolvConf: "/dev/null",
    addresses: ["127.0.0.1"],
    ports: [5353],
    nodeIps: ["127.0.0.1"],
    domain: "acme.example",
    ranges: [cidrs],
    netns: node,
  })
  bed.defer(() => acme.close())
  acme.zone.set(service("db", { clusterIP: "203.0.113.9", ports: [] }), [])
  const api = createApiStub()
  const settings = (data: Record<string, string>) => ({
    metadata: { namespace: "kube-system", name: "kube-dns" },
    data,
  })
  await api.put(ConfigMap, settings({ stubDomains: '{"acme.example": ["127.0.0.1:5353"]}' }))
  const { network, abort } = start(api)
  await network.synced
  assert.equal(await resolve("db.default.svc.acme.example"), "203.0.113.9")
  abort()
  await network.stopped

  api.setAway(true)
  const second = start(api)
  assert.equal(await resolve("db.default.svc.acme.example"), "203.0.113.9")
  api.setAway(false)
  await second.network.synced
  await api.remove(ConfigMap, settings({}))
  assert.equal(await resolve("db.default.svc.acme.example"), "ESERVFAIL")
})

test("services prefer endpoints of the node's zone", { skip: cannotRun }, async (t) => {
  const { bed, client, start } = await nodeWithPods(t)
  const api = createApiStub()
  const meantFor = (ip: string, zone: string) =>
    endpoint(ip, "there", "ready", { hints: { forZones: [{ name: zone }], forNodes: [] } })
  await api.put(Node, nodeObject("here", "10.244.0.0/24", "192.0.2.1", "a"))
  await api.put(Service, web)
  await api.put(EndpointSlice, slice("web", 80, [meantFor("10.244.0.3", "a"), meantFor("10.244.0.4", "b")]))
  const { network } = start(api)
  await network.synced
  const answers = async () => {
    const seen = new Set<string>()
    for (let i = 0; i < 24; i++) seen.add((await bed.ask(client, "10.96.0.20", 8080)).split(" ")[0] ?? "")
    return [...seen].sort()
  }
  assert.deepEqual(await answers(), ["b"])
  await api.put(Node, nodeObject("here", "10.244.0.0/24", "192.0.2.1", "b"))
  await network.proxy.settled()
  assert.deepEqual(await answers(), ["c"])
  await api.put(Node, nodeObject("here", "10.244.0.0/24", "192.0.2.1", "c"))
  await network.proxy.settled()
  assert.deepEqual(await answers(), ["b", "c"])
})

test("a node that starts while the API is away goes on with what it knew", { skip: cannotRun }, async (t) => {
  const { bed, client, start, resolve } = await nodeWithPods(t)
  const api = createApiStub()
  await api.put(Service, web)
  await api.put(Service, service("old", { clusterIP: "10.96.0.21", ports: [] }))
  await api.put(EndpointSlice, webAt("10.244.0.3"))
  const first = start(api)
  await first.network.synced
  first.abort()
  await first.network.stopped
  // While no server listens, a question is lost, not refused: resolvers ask again.
  assert.equal(await bed.askUdp(client, DNS_IP, 53), "no answer")

  api.setAway(true)
  const { network } = start(api)
  assert.equal(await bed.ask(client, "10.96.0.20", 8080), "b 10.244.0.2")
  assert.equal(await resolve(NAME), "10.96.0.20")
  assert.equal(await resolve("old.default.svc.cluster.local"), "10.96.0.21")
  await api.remove(Service, service("old", {}))
  api.setAway(false)
  await network.synced
  assert.equal(await resolve(NAME), "10.96.0.20")
  assert.equal(await resolve("old.default.svc.cluster.local"), "ENOTFOUND")
})

test("tunnels follow the nodes", { skip: cannotRun }, async (t) => {
  const { bed, node, start } = await nodeWithPods(t)
  const api = createApiStub()
  await api.put(Node, nodeObject("here", "10.244.0.0/24", "192.0.2.1"))
  await api.put(Node, nodeObject("two", "10.244.1.0/24", "192.0.2.2"))
  await api.put(Node, nodeObject("new", "", "192.0.2.4"))
  const overlay = { device: "gtest0v", port: 8472 }
  const { network, abort } = start(api, { overlay })
  const routes = async () =>
    (await bed.run(node, "ip", "route", "show", "dev", "gtest0v")).split("\n").map((line) => line.split(" ")[0])
  await network.synced
  assert.deepEqual(await routes(), ["10.244.1.0/24"])
  await api.put(Node, nodeObject("three", "10.244.3.0/24", "192.0.2.3"))
  await api.remove(Node, nodeObject("two", "", ""))
  assert.deepEqual(await routes(), ["10.244.3.0/24"])
  abort()
  await network.stopped
  assert.deepEqual(await routes(), ["10.244.3.0/24"])
  await network.destroy()
  assert.equal((await bed.run(node, "ip", "link")).includes("gtest0v"), false)
})
