import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { createTestBed, platform, podRequest } from "../../testing/namespaces.ts"
import { networkIn, REFERENCE_PLUGINS, withoutPlugins } from "./testing.ts"

/** The plugins of https://www.cni.dev/plugins/current/, by real connections. */

/** Why the kernel cannot make devices of a kind, or false. */
function kernelLacks(kind: string): string | false {
  if (withoutPlugins) return withoutPlugins
  const words = ["link", "add", "link", "lo", "name", "gantry-probe", "type", kind]
  const { stderr } = spawnSync("unshare", ["--net", "ip", ...words, ...(kind === "vlan" ? ["id", "5"] : [])])
  return /Unknown device type|not supported/.test(String(stderr)) && `needs a kernel with ${kind}`
}

/** A node, two pods and a machine outside on the same wire. */
function nodeAndWorld(t: TestContext) {
  const bed = createTestBed(t)
  const [node, a, b, world] = [bed.namespace("node"), bed.namespace("a"), bed.namespace("b"), bed.namespace("world")]
  bed.connect(
    { netns: node, name: "up", address: "192.0.2.1/24" },
    { netns: world, name: "up", address: "192.0.2.2/24" },
  )
  const ipamDir = join(bed.dir, "ipam")
  const warnings: string[] = []
  const log = {
    ...platform.log,
    warn: (message: string, facts: object = {}) => void warnings.push(`${message} ${Object.values(facts).join(" ")}`),
  }
  const network = (...plugins: readonly object[]) =>
    networkIn(
      bed,
      { cniVersion: "1.0.0", name: "reference", plugins },
      { netns: node, binDirs: [REFERENCE_PLUGINS], platform: { ...platform, log } },
    ).network
  const leases = () => readdirSync(join(ipamDir, "reference")).filter((name) => /^\d+\./.test(name))
  const ipam = (range: object, routes: readonly object[] = []) => ({
    type: "host-local",
    dataDir: ipamDir,
    ranges: [[range]],
    routes,
  })
  return { bed, node, a, b, world, network, leases, ipam, warnings }
}

test("bridge, portmap, bandwidth and tuning", { skip: withoutPlugins }, async (t) => {
  const { bed, node, a, b, network, leases, ipam, warnings } = nodeAndWorld(t)
  const made = network(
    { type: "bridge", bridge: "cni-test", isGateway: true, hairpinMode: true, ipam: ipam({ subnet: "10.7.0.0/24" }) },
    { type: "portmap", capabilities: { portMappings: true } },
    { type: "bandwidth", capabilities: { bandwidth: true } },
    { type: "tuning", sysctl: { "net.ipv4.conf.eth0.arp_filter": "1" } },
  )
  const portMappings = [{ protocol: "TCP", hostPort: 8080, containerPort: 80, hostIp: "" }] as const
  const annotations = { "kubernetes.io/ingress-bandwidth": "8M" }
  assert.deepEqual((await made.setUp(podRequest("a", a, { annotations }))).ips, ["10.7.0.2"])
  // Before there are ports: until 1.2 portmap misses rules for IPv6 that it never made.
  await made.reconcile(new Set(["a"]))
  assert.deepEqual((await made.setUp(podRequest("b", b, { portMappings }))).ips, ["10.7.0.3"])
  await bed.serve(b, 80, "b")
  assert.equal(await bed.ask(a, "10.7.0.3", 80), "b 10.7.0.2")
  assert.equal(await bed.ask(node, "10.7.0.1", 8080), "b 10.7.0.1")
  assert.match(await bed.run(node, "tc", "qdisc"), /tbf .* rate 8Mbit/)
  assert.equal(await bed.run(a, "sysctl", "-n", "net.ipv4.conf.eth0.arp_filter"), "1")
  await made.reconcile(new Set())
  assert.deepEqual([leases(), warnings], [[], []])
})

for (const plugin of [
  { type: "ipvlan", master: "up", mode: "l2" },
  { type: "macvlan", master: "up", mode: "bridge" },
]) {
  test(`${plugin.type}: pods on the node's own wire`, { skip: kernelLacks(plugin.type) }, async (t) => {
    const { bed, a, b, world, network, leases, ipam, warnings } = nodeAndWorld(t)
    const range = { subnet: "192.0.2.0/24", rangeStart: "192.0.2.10", rangeEnd: "192.0.2.20" }
    const made = network({ ...plugin, ipam: ipam(range) })
    assert.deepEqual((await made.setUp(podRequest("a", a))).ips, ["192.0.2.10"])
    assert.deepEqual((await made.setUp(podRequest("b", b))).ips, ["192.0.2.11"])
    for (const [netns, name] of [
      [b, "b"],
      [world, "world"],
    ] as const)
      await bed.serve(netns, 80, name)
    assert.equal(await bed.ask(a, "192.0.2.11", 80), "b 192.0.2.10")
    assert.equal(await bed.ask(a, "192.0.2.2", 80), "world 192.0.2.10")
    assert.equal(await bed.ask(world, "192.0.2.11", 80), "b 192.0.2.2")
    await made.reconcile(new Set(["a", "b"]))
    await made.tearDown(podRequest("a", a))
    await made.tearDown(podRequest("b", ""))
    assert.deepEqual([leases(), warnings], [[], []])
    assert.equal(await bed.run(a, "ip", "link", "show", "eth0"), 'Device "eth0" does not exist.')
  })
}

test("firewall opens the way for pods where nothing may pass", { skip: withoutPlugins }, async (t) => {
  const { bed, node, a, b, world, network, ipam, warnings } = nodeAndWorld(t)
  await bed.run(node, "iptables", "-P", "FORWARD", "DROP")
  await bed.serve(world, 80, "world")
  const bridge = {
    type: "bridge",
    bridge: "cni-test",
    isGateway: true,
    ipMasq: true,
    ipam: ipam({ subnet: "10.7.0.0/24" }, [{ dst: "0.0.0.0/0" }]),
  }
  const made = network(bridge, { type: "firewall", backend: "iptables" })
  await made.setUp(podRequest("a", a))
  await made.setUp(podRequest("b", b))
  assert.equal(await bed.ask(a, "192.0.2.2", 80), "world 192.0.2.1")
  await made.reconcile(new Set(["a", "b"]))
  await made.tearDown(podRequest("a", a))
  const rules = await bed.run(node, "iptables", "-S", "CNI-FORWARD")
  assert.deepEqual([rules.includes("10.7.0.2"), rules.includes("10.7.0.3"), warnings], [false, true, []])
})

test("ptp", { skip: withoutPlugins }, async (t) => {
  const { bed, node, a, network, ipam, warnings } = nodeAndWorld(t)
  const straight = network({ type: "ptp", ipam: ipam({ subnet: "10.7.0.0/24" }) })
  const { ips } = await straight.setUp(podRequest("a", a))
  await bed.serve(a, 80, "a")
  assert.equal(await bed.ask(node, ips[0] ?? "", 80), "a 10.7.0.1")
  await straight.reconcile(new Set(["a"]))
  await straight.tearDown(podRequest("a", a))
  assert.deepEqual(warnings, [])
})

test("vlan, with an address that is given", { skip: kernelLacks("vlan") }, async (t) => {
  const { bed, b, world, network, warnings } = nodeAndWorld(t)
  await bed.run(world, "ip", "link", "add", "link", "up", "name", "up.5", "type", "vlan", "id", "5")
  await bed.run(world, "ip", "address", "add", "198.51.100.2/24", "dev", "up.5")
  await bed.run(world, "ip", "link", "set", "up.5", "up")
  await bed.serve(world, 80, "world")
  const addresses = [{ address: "198.51.100.1/24" }]
  const tagged = network({ type: "vlan", master: "up", vlanId: 5, ipam: { type: "static", addresses } })
  assert.deepEqual((await tagged.setUp(podRequest("b", b))).ips, ["198.51.100.1"])
  assert.equal(await bed.ask(b, "198.51.100.2", 80), "world 198.51.100.1")
  await tagged.reconcile(new Set(["b"]))
  await tagged.tearDown(podRequest("b", b))
  assert.deepEqual(warnings, [])
})

test("a pod that lost its interface is found by CHECK", { skip: withoutPlugins }, async (t) => {
  const { bed, a, network, ipam, warnings } = nodeAndWorld(t)
  const made = network({ type: "ptp", ipam: ipam({ subnet: "10.7.0.0/24" }) })
  await made.setUp(podRequest("a", a))
  await bed.run(a, "ip", "address", "flush", "dev", "eth0")
  await made.reconcile(new Set(["a"]))
  assert.match(warnings.join("\n"), /a pod's network is not what it should be .*plugin type="ptp" failed \(check\)/)
})

test("of several nodes of a machine each keeps its own addresses", { skip: withoutPlugins }, async (t) => {
  const bed = createTestBed(t)
  const configuration = {
    cniVersion: "1.0.0",
    // host-local keeps its leases in a folder of this name below /var/lib/cni.
    name: `gantry-test-${process.pid}`,
    plugins: [
      {
        type: "bridge",
        bridge: "cni-test",
        isGateway: true,
        capabilities: { ipRanges: true },
        ipam: { type: "host-local" },
      },
    ],
  }
  for (const place of [1, 2]) {
    const varDir = join(bed.dir, `node-${place}`)
    const { network } = networkIn(bed, configuration, {
      netns: bed.namespace(`node${place}`),
      binDirs: [REFERENCE_PLUGINS],
      podCidrs: [`10.7.${place}.0/24`, `fd00:10:7:${place}::/64`],
      stateDir: join(bed.dir, `state-${place}`),
      varDir,
    })
    const pod = podRequest("a", bed.namespace(`a${place}`))
    assert.deepEqual((await network.setUp(pod)).ips, [`10.7.${place}.2`, `fd00:10:7:${place}::3`])
    const leases = () =>
      readdirSync(join(varDir, "networks", configuration.name)).filter((name) => name.startsWith("10."))
    assert.deepEqual(leases(), [`10.7.${place}.2`])
    await network.tearDown(pod)
    assert.deepEqual(leases(), [])
  }
  assert.equal(
    readdirSync("/var/lib/cni").includes("networks") &&
      readdirSync("/var/lib/cni/networks").includes(configuration.name),
    false,
  )
})
