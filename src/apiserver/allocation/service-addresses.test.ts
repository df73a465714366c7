import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Service } from "../../api/core/v1/service.ts"
import { IPAddress } from "../../api/networking/v1/ip-address.ts"
import { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { isAlreadyExists } from "../../machinery/status/predicates.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { serviceBehavior } from "./service-addresses.ts"

const ranges = { serviceCidrs: ["10.96.0.0/24"], nodePorts: { first: 30_000, last: 30_099 } }
let back: TestBack
const start = (store?: TestBack["store"], serviceCidrs: readonly string[] = ranges.serviceCidrs) =>
  startTestBack({
    ...(store && { store }),
    behaviors: (reader, platform) => [serviceBehavior(reader, { ...ranges, serviceCidrs }, platform.random)],
  })
before(async () => {
  back = await start()
})
after(() => back.close())

const namespace = "default"
const services = (of = back) => of.client.of(Service)
const create = (name: string, spec: object = {}, of = back) =>
  services(of).create({ metadata: { name, namespace }, spec: { ports: [{ port: 80 }], ...spec } })

test("a service gets an address", async () => {
  const { spec } = await create("plain")
  assert.match(spec.clusterIP ?? "", /^10\.96\.0\.\d+$/)
  assert.deepEqual(spec.clusterIPs, [spec.clusterIP])
  assert.deepEqual(spec.ipFamilies, ["IPv4"])
  assert.equal(spec.ipFamilyPolicy, "SingleStack")
})

test("headless and external services get none", async () => {
  const headless = await create("headless", { clusterIP: "None", selector: { a: "b" } })
  assert.deepEqual([headless.spec.clusterIP, headless.spec.clusterIPs], ["None", ["None"]])
  assert.deepEqual(headless.spec.ipFamilies, ["IPv4"])
  const free = await create("free", { clusterIP: "None" })
  assert.deepEqual(free.spec.ipFamilies, ["IPv4", "IPv6"])
  assert.equal(free.spec.ipFamilyPolicy, "RequireDualStack")
  const external = await create("external", { type: "ExternalName", externalName: "example.com" })
  assert.equal(external.spec.clusterIP, undefined)
  assert.equal(external.spec.ipFamilies, undefined)
})

test("an address that was asked for must be free and in the range", async () => {
  await create("asked", { clusterIP: "10.96.0.10" })
  await assert.rejects(create("again", { clusterIP: "10.96.0.10" }), {
    code: 422,
    message:
      'Service "again" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  })
  await assert.rejects(
    create("outside", { clusterIP: "10.97.0.1" }),
    /failed to allocate IP 10\.97\.0\.1: the provided network does not match the current range/,
  )
})

test("an address is free again when its service is gone, or needs none", async () => {
  await create("brief", { clusterIP: "10.96.0.11" })
  await services().delete({ namespace, name: "brief" })
  const next = await create("next", { clusterIP: "10.96.0.11" })
  await services().update({
    ...next,
    spec: { type: "ExternalName", externalName: "a.example", ports: [...(next.spec.ports ?? [])] },
  })
  await create("third", { clusterIP: "10.96.0.11" })
})

test("node ports are given, kept and taken back", async () => {
  const created = await create("ports", {
    type: "NodePort",
    ports: [{ port: 80 }, { port: 81, name: "b", nodePort: 30_005 }].map((port, i) => ({ name: `p${i}`, ...port })),
  })
  const [first, second] = created.spec.ports ?? []
  assert(first?.nodePort !== undefined && first.nodePort >= 30_000 && first.nodePort <= 30_099)
  assert.equal(second?.nodePort, 30_005)
  await assert.rejects(create("same-port", { type: "NodePort", ports: [{ port: 80, nodePort: 30_005 }] }), {
    message:
      'Service "same-port" is invalid: spec.ports[0].nodePort: Invalid value: 30005: provided port is already allocated',
  })
  await assert.rejects(
    create("far-port", { type: "NodePort", ports: [{ port: 80, nodePort: 99 }] }),
    /provided port is not in the valid range\. The range of valid ports is 30000-30099/,
  )
  const changed = await services().patch(
    { namespace, name: "ports" },
    { spec: { type: "ClusterIP" } },
    { type: "merge" },
  )
  assert.deepEqual(
    changed.spec.ports?.map(({ nodePort }) => nodePort),
    [undefined, undefined],
  )
  await create("same-port", { type: "NodePort", ports: [{ port: 80, nodePort: 30_005 }] })
})

test("one port of two protocols gets one node port", async () => {
  const ports = [
    { name: "tcp", port: 53, protocol: "TCP" },
    { name: "udp", port: 53, protocol: "UDP" },
  ]
  const { spec } = await create("dns", { type: "NodePort", ports })
  assert.equal(spec.ports?.[0]?.nodePort, spec.ports?.[1]?.nodePort)
})

test("what was refused or only tried takes nothing", async () => {
  await assert.rejects(
    create("both", { type: "NodePort", clusterIP: "10.96.0.20", ports: [{ port: 80, nodePort: 99 }] }),
  )
  await services().create(
    { metadata: { name: "dry", namespace }, spec: { clusterIP: "10.96.0.20", ports: [{ port: 80 }] } },
    { dryRun: true },
  )
  await create("real", { clusterIP: "10.96.0.20" })
  await assert.rejects(create("real", { clusterIP: "10.96.0.21" }), /already exists/)
  await create("other", { clusterIP: "10.96.0.21" })
})

test("a server that starts again knows what is taken", async () => {
  const other = await start(back.store)
  await assert.rejects(create("clash", { clusterIP: "10.96.0.10" }, other), /provided IP is already allocated/)
  other.server.close()
})

test("a second family is refused", async () => {
  await assert.rejects(create("six", { ipFamilies: ["IPv6"] }), {
    message: 'Service "six" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  })
  const { spec } = await create("prefer", { ipFamilyPolicy: "PreferDualStack" })
  assert.deepEqual(spec.ipFamilies, ["IPv4"])
  await assert.rejects(
    create("require", { ipFamilyPolicy: "RequireDualStack" }),
    /this cluster is not configured for dual-stack services/,
  )
})

test("a balancer with local traffic gets a port for health checks", async () => {
  const { spec } = await create("local", { type: "LoadBalancer", externalTrafficPolicy: "Local" })
  assert(spec.healthCheckNodePort !== undefined && spec.healthCheckNodePort >= 30_000)
  assert.notEqual(spec.healthCheckNodePort, spec.ports?.[0]?.nodePort)
})

test("ranges come from objects, and what others have claimed is not given", async () => {
  const ranged = await start()
  const ranges = ranged.client.of(ServiceCIDR)
  const range = (name: string, cidrs: readonly string[]) => ranges.create({ metadata: { name }, spec: { cidrs } })
  const addressOf = async (name: string, spec: object = {}) => (await create(name, spec, ranged)).spec.clusterIP
  try {
    await range("one", ["10.1.0.0/30", "fd00::/112"])
    await ranged.client
      .of(IPAddress)
      .create({ metadata: { name: "10.1.0.1" }, spec: { parentRef: { resource: "gateways", name: "g" } } })
    assert.equal(await addressOf("a"), "10.1.0.2")
    await assert.rejects(addressOf("b", { clusterIP: "10.1.0.1" }), /provided IP is already allocated/)
    await assert.rejects(addressOf("b"), /range is full/)
    const two = await range("two", ["10.2.0.0/30"])
    assert.match((await addressOf("b")) ?? "", /^10\.2\.0\.[12]$/)
    const conditions = [
      { type: "Ready", status: "False", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "R", message: "" },
    ]
    await ranges.updateStatus({ ...two, status: { conditions } })
    await assert.rejects(addressOf("c"), /range is full/)
  } finally {
    await ranged.close()
  }
})

test("a dry run gives nothing away, not even of a service that is there", async () => {
  await create("tried", {})
  const [clusterIP, nodePort] = ["10.96.0.77", 30_077]
  const spec = { type: "NodePort" as const, clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, nodePort }] }
  const trial = services().create({ metadata: { name: "tried", namespace }, spec }, { dryRun: true })
  await assert.rejects(trial, isAlreadyExists)
  assert.equal((await create("done", spec)).spec.clusterIP, clusterIP)
})

test("a cluster of both families gives an address of each to whoever asks", async () => {
  const dual = await start(undefined, ["10.96.0.0/24", "fd00:10:96::/112"])
  const families = async (name: string, spec: object) => (await create(name, spec, dual)).spec
  const patch = (name: string, spec: object) => services(dual).patch({ namespace, name }, { spec }, { type: "merge" })
  try {
    const plain = await families("plain", {})
    assert.deepEqual([plain.ipFamilies, plain.clusterIPs?.length], [["IPv4"], 1])
    const prefer = await families("prefer", { ipFamilyPolicy: "PreferDualStack" })
    assert.deepEqual(prefer.ipFamilies, ["IPv4", "IPv6"])
    assert.match(prefer.clusterIPs?.join(" ") ?? "", /^10\.96\.0\.\d+ fd00:10:96::[0-9a-f]+$/)
    const six = await families("six", { ipFamilies: ["IPv6", "IPv4"], ipFamilyPolicy: "RequireDualStack" })
    assert.match(six.clusterIPs?.join(" ") ?? "", /^fd00:10:96::[0-9a-f]+ 10\.96\.0\.\d+$/)
    assert.equal(six.clusterIP, six.clusterIPs?.[0])
    const asked = await families("asked", { clusterIPs: ["fd00:10:96::7"], clusterIP: "fd00:10:96::7" })
    assert.deepEqual(asked.ipFamilies, ["IPv6"])
    await assert.rejects(
      families("again", { clusterIPs: ["fd00:10:96::7"], clusterIP: "fd00:10:96::7" }),
      /failed to allocate IP fd00:10:96::7: provided IP is already allocated/,
    )
    const upgraded = await patch("plain", { ipFamilyPolicy: "RequireDualStack" })
    assert.equal(upgraded.spec.clusterIPs?.[0], plain.clusterIP)
    assert.match(upgraded.spec.clusterIPs?.[1] ?? "", /^fd00:/)
    const second = upgraded.spec.clusterIPs?.[1] ?? ""
    const downgraded = await patch("plain", { ipFamilyPolicy: "SingleStack" })
    assert.deepEqual([downgraded.spec.clusterIPs, downgraded.spec.ipFamilies], [[plain.clusterIP], ["IPv4"]])
    const next = await families("next", { clusterIPs: [second], clusterIP: second })
    assert.equal(next.clusterIP, second)
  } finally {
    await dual.close()
  }
})

test("a service that prefers both keeps the one that it got", async () => {
  const single = await start()
  const { spec } = await create("prefer", { ipFamilyPolicy: "PreferDualStack" }, single)
  assert.deepEqual(spec.ipFamilies, ["IPv4"])
  const dual = await start(single.store, ["10.96.0.0/24", "fd00:10:96::/112"])
  try {
    const name = "prefer"
    const labelled = await services(dual).patch(
      { namespace, name },
      { spec: { ports: [{ port: 81 }] } },
      { type: "merge" },
    )
    assert.deepEqual(labelled.spec.clusterIPs, spec.clusterIPs)
  } finally {
    dual.server.close()
    await single.close()
  }
})
