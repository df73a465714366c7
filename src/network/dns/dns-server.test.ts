import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { cannotRun, createTestBed, platform } from "../testing/namespaces.ts"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { startDnsServer } from "./dns-server.ts"
import { DEFAULT_DNS_SETTINGS } from "./dns-settings.ts"

const ranges = { clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }

/** A node with a pod, and a machine outside that is its upstream server. */
function nodeAndWorld(t: TestContext) {
  const bed = createTestBed(t)
  const [node, pod, world] = [bed.namespace("node"), bed.namespace("pod"), bed.namespace("world")]
  bed.connect(
    { netns: node, name: "br", address: "10.244.0.1/24" },
    { netns: pod, name: "eth0", address: "10.244.0.2/24" },
  )
  bed.connect(
    { netns: node, name: "up", address: "192.0.2.1/24" },
    { netns: world, name: "up", address: "192.0.2.2/24" },
  )
  const resolvConf = join(bed.dir, "resolv.conf")
  writeFileSync(resolvConf, "search example.com\nnameserver 10.96.0.10\nnameserver 192.0.2.2\n")
  const common = { dnsIps: ["10.96.0.10"], platform, resolvConf }
  const upstream = startDnsServer({
    ...common,
    addresses: ["192.0.2.2"],
    nodeIps: ["192.0.2.1"],
    domain: "example.com",
    ranges: [{ clusterCidr: "198.51.100.0/24", serviceCidr: "203.0.113.0/24" }],
    netns: world,
  })
  const server = startDnsServer({
    ...common,
    ranges: [ranges],
    addresses: ["10.244.0.1"],
    nodeIps: ["192.0.2.1"],
    domain: "cluster.local",
    netns: node,
    namespaceOf: (address) => (address === "10.244.0.2" ? "shop" : undefined),
  })
  bed.defer(async () => {
    await upstream.close()
    await server.close()
  })
  return { bed, node, pod, world, server, upstream }
}

/** Asks with a resolver that is not ours: the one inside Node (c-ares). */
function resolver(bed: ReturnType<typeof createTestBed>, netns: string, address: string) {
  return (method: string, name: string) => {
    const script = `
      const resolver = new (require("node:dns").promises.Resolver)({ timeout: 1000, tries: 1 })
      resolver.setServers([${JSON.stringify(address)}])
      resolver.${method}(${JSON.stringify(name)}).then((found) => console.log(JSON.stringify(found)), (error) => console.log(error.code))`
    return bed.run(netns, process.execPath, "-e", script)
  }
}

test("pods resolve names of the cluster and of the world; strangers resolve nothing", {
  skip: cannotRun,
}, async (t) => {
  const { bed, pod, world, node, server, upstream } = nodeAndWorld(t)
  assert.equal(server.port, 53)
  server.zone.set(service("web", { clusterIP: "10.96.0.1", ports: [port(80, { name: "http" })] }), [])
  server.zone.set(service("out", { type: "ExternalName", externalName: "web.default.svc.example.com" }), [])
  upstream.zone.set(service("web", { clusterIP: "203.0.113.7", ports: [] }), [])
  const endpoints = Array.from({ length: 200 }, (_, i) => endpoint(`10.244.1.${i}`, "a"))
  server.zone.set(service("many", { clusterIP: "None", ports: [] }), [slice("many", 80, endpoints)])

  const ask = resolver(bed, pod, "10.244.0.1")
  assert.equal(await ask("resolve4", "web.default.svc.cluster.local"), '["10.96.0.1"]')
  assert.equal(await ask("resolve6", "web.default.svc.cluster.local"), "ENODATA")
  assert.equal(await ask("resolve4", "nobody.default.svc.cluster.local"), "ENOTFOUND")
  assert.match(await ask("resolveSrv", "_http._tcp.web.default.svc.cluster.local"), /"port":80/)
  assert.equal(await ask("reverse", "10.96.0.1"), '["web.default.svc.cluster.local"]')
  assert.equal(await ask("resolve4", "web.default.svc.example.com"), '["203.0.113.7"]')
  assert.equal(await ask("resolve4", "out.default.svc.cluster.local"), '["203.0.113.7"]')
  // Too long for UDP: the resolver comes back over TCP.
  assert.equal((JSON.parse(await ask("resolve4", "many.default.svc.cluster.local")) as unknown[]).length, 200)
  assert.equal(await resolver(bed, node, "10.244.0.1")("resolve4", "web.default.svc.cluster.local"), '["10.96.0.1"]')
  await bed.run(world, "ip", "route", "add", "10.244.0.0/16", "via", "192.0.2.1")
  assert.equal(await resolver(bed, world, "10.244.0.1")("resolve4", "web.default.svc.cluster.local"), "EREFUSED")
})

test("answers from upstream are kept while upstream is away, others fail", { skip: cannotRun }, async (t) => {
  const { bed, pod, upstream } = nodeAndWorld(t)
  upstream.zone.set(service("web", { clusterIP: "203.0.113.7", ports: [] }), [])
  const ask = resolver(bed, pod, "10.244.0.1")
  assert.equal(await ask("resolve4", "web.default.svc.example.com"), '["203.0.113.7"]')
  assert.equal(await ask("resolve4", "not.default.svc.example.com"), "ENOTFOUND")
  await upstream.close()
  assert.equal(await ask("resolve4", "WEB.default.svc.example.com"), '["203.0.113.7"]')
  assert.equal(await ask("resolve4", "not.default.svc.example.com"), "ENOTFOUND")
  assert.equal(await ask("resolve4", "other.default.svc.example.com"), "ESERVFAIL")
})

test("a resolver at a loopback address is asked where it listens", { skip: cannotRun }, async (t) => {
  const { bed, pod, node, world } = nodeAndWorld(t)
  const common = { dnsIps: ["10.96.0.10"], platform }
  const resolvConf = join(bed.dir, "loopback.conf")
  writeFileSync(resolvConf, "nameserver 127.0.0.53\n")
  const local = startDnsServer({
    ...common,
    addresses: ["127.0.0.53"],
    nodeIps: ["127.0.0.1"],
    domain: "machine.example",
    ranges: [{ clusterCidr: "127.0.0.0/8", serviceCidr: "203.0.113.0/24" }],
    netns: world,
  })
  local.zone.set(service("web", { clusterIP: "203.0.113.7", ports: [port(80)] }), [])
  await bed.run(node, "ip", "address", "add", "10.244.0.9/24", "dev", "br")
  const server = startDnsServer({
    ...common,
    ranges: [ranges],
    addresses: ["10.244.0.9"],
    nodeIps: ["192.0.2.1"],
    domain: "cluster.local",
    netns: node,
    loopbackNetns: world,
    resolvConf,
  })
  bed.defer(() => Promise.all([local.close(), server.close()]))
  const ask = resolver(bed, pod, "10.244.0.9")
  assert.equal(await ask("resolve4", "web.default.svc.machine.example"), '["203.0.113.7"]')
})

test("names under a stub domain are asked of its servers, all others elsewhere", { skip: cannotRun }, async (t) => {
  const { bed, pod, world, server, upstream } = nodeAndWorld(t)
  upstream.zone.set(service("web", { clusterIP: "203.0.113.7", ports: [] }), [])
  const own = startDnsServer({
    dnsIps: ["10.96.0.10"],
    platform,
    resolvConf: "/dev/null",
    addresses: ["192.0.2.2"],
    ports: [5353],
    nodeIps: ["192.0.2.1"],
    domain: "acme.example",
    ranges: [{ clusterCidr: "198.51.100.0/24", serviceCidr: "203.0.113.0/24" }],
    netns: world,
  })
  bed.defer(() => own.close())
  own.zone.set(service("db", { clusterIP: "203.0.113.9", ports: [] }), [])
  const ask = resolver(bed, pod, "10.244.0.1")
  assert.equal(await ask("resolve4", "db.default.svc.acme.example"), "ESERVFAIL")
  const stubDomains = new Map([["acme.example", [{ address: "192.0.2.2", port: 5353 }]]])
  server.configure({ ...DEFAULT_DNS_SETTINGS, stubDomains })
  assert.equal(await ask("resolve4", "db.default.svc.acme.example"), '["203.0.113.9"]')
  assert.equal(await ask("resolve4", "web.default.svc.example.com"), '["203.0.113.7"]')
  // What was kept from other servers does not count any more.
  server.configure({ ...DEFAULT_DNS_SETTINGS, upstreamNameservers: [{ address: "192.0.2.2", port: 5353 }] })
  assert.equal(await ask("resolve4", "web.default.svc.example.com"), "ESERVFAIL")
})

test("with autopath one question walks the search path of the pod that asks", { skip: cannotRun }, async (t) => {
  const { bed, pod, node, server, upstream } = nodeAndWorld(t)
  upstream.zone.set(service("web", { clusterIP: "203.0.113.7", ports: [] }), [])
  server.zone.set(service("db", { clusterIP: "10.96.0.7", ports: [] }), [])
  const ask = resolver(bed, pod, "10.244.0.1")
  const questions = [
    ["db.default.shop.svc.cluster.local", '["10.96.0.7"]'],
    ["web.default.svc.example.com.shop.svc.cluster.local", '["203.0.113.7"]'],
    // The node's search path has example.com.
    ["web.default.svc.shop.svc.cluster.local", '["203.0.113.7"]'],
    ["nobody.default.shop.svc.cluster.local", "ENOTFOUND"],
    ["db.default.other.svc.cluster.local", "ENOTFOUND"],
  ] as const
  for (const [name] of questions) assert.equal(await ask("resolve4", name), "ENOTFOUND", name)
  server.configure({ ...DEFAULT_DNS_SETTINGS, autopath: true })
  for (const [name, answer] of questions) assert.equal(await ask("resolve4", name), answer, name)
  const stranger = resolver(bed, node, "10.244.0.1")
  assert.equal(await stranger("resolve4", "db.default.shop.svc.cluster.local"), "ENOTFOUND")
})
