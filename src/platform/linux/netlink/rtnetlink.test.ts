import assert from "node:assert/strict"
import { closeSync, openSync, readFileSync, rmdirSync } from "node:fs"
import { after, test } from "node:test"
import { deleteLinks } from "./delete-links.ts"
import { createNetworkNamespace, inNetworkNamespace, removeNetworkNamespace, writeSysctl } from "./network-namespace.ts"
import { openRtnetlink } from "./rtnetlink.ts"

const folder = `/run/gantry-test-nl-${process.pid}`
const skip = process.getuid?.() === 0 ? false : "needs root: makes network namespaces"
after(() => {
  if (!skip) rmdirSync(folder)
})

test("links, addresses, routes and neighbours in own namespaces", { skip }, (t) => {
  const [outer, inner] = [`${folder}/a`, `${folder}/b`]
  for (const path of [outer, inner]) {
    createNetworkNamespace(path)
    t.after(() => removeNetworkNamespace(path))
  }
  const host = openRtnetlink(outer)
  t.after(() => host.close())
  const pod = openRtnetlink(inner)
  t.after(() => pod.close())

  const bridge = host.createLink({ kind: "bridge", name: "br0", mac: "0a:58:0a:01:00:01", up: true })
  assert.throws(() => host.createLink({ kind: "bridge", name: "br0" }), { code: "EEXIST" })
  assert.throws(() => host.createLink({ kind: "bridge", name: "a-name-too-long-x" }), /1 to 15 characters/)
  const netnsFd = openSync(inner, "r")
  const port = host.createLink({
    kind: "veth",
    name: "v0",
    up: true,
    master: bridge,
    mtu: 1450,
    peer: { name: "eth0", mtu: 1450, mac: "0a:58:0a:01:00:02", netnsFd },
  })
  closeSync(netnsFd)
  host.changeLink(port, { hairpin: true })
  const v0 = host.link("v0")
  assert.deepEqual(
    { kind: v0?.kind, master: v0?.master, up: v0?.up, hairpin: v0?.hairpin, mtu: v0?.mtu },
    { kind: "veth", master: bridge, up: true, hairpin: true, mtu: 1450 },
  )

  const eth0 = pod.link("eth0")
  assert.equal(eth0?.mac, "0a:58:0a:01:00:02")
  const index = eth0?.index ?? 0
  pod.changeLink(index, { up: true })
  pod.setAddress({ index, address: "10.1.0.2", prefixLength: 32 })
  pod.setAddress({ index, address: "fd00::2", prefixLength: 64 })
  pod.setAddress({ index, address: "10.1.0.2", prefixLength: 32 })
  assert.deepEqual(
    pod.addresses().filter((a) => !a.address.startsWith("fe80")),
    [
      { index, address: "10.1.0.2", prefixLength: 32 },
      { index, address: "fd00::2", prefixLength: 64 },
    ],
  )

  pod.setRoute({ type: "unicast", destination: "10.1.0.1/32", index })
  pod.setRoute({ type: "unicast", destination: "0.0.0.0/0", gateway: "10.1.0.1", index })
  pod.setRoute({ type: "unreachable", destination: "10.96.0.0/16", metric: 4096 })
  pod.setRoute({ type: "blackhole", destination: "10.97.0.0/16" })
  const routes = pod.routes().filter((route) => route.protocol === 171)
  assert.deepEqual(
    routes.map(({ type, destination, gateway }) => ({ type, destination, gateway })),
    [
      { type: "unicast", destination: "0.0.0.0/0", gateway: "10.1.0.1" },
      { type: "unicast", destination: "10.1.0.1/32", gateway: undefined },
      { type: "unreachable", destination: "10.96.0.0/16", gateway: undefined },
      { type: "blackhole", destination: "10.97.0.0/16", gateway: undefined },
    ],
  )
  assert.equal(pod.deleteRoute({ type: "blackhole", destination: "10.97.0.0/16" }), true)
  assert.equal(pod.deleteRoute({ type: "blackhole", destination: "10.97.0.0/16" }), false)

  const vxlan = host.createLink({ kind: "vxlan", name: "vx0", vni: 7, learning: false, up: true, local: "10.1.0.1" })
  assert.deepEqual(host.link("vx0")?.vxlan, { vni: 7, local: "10.1.0.1", port: 4789 })
  const entry = { index: vxlan, address: "10.9.0.0", mac: "0a:58:0a:09:00:00" }
  host.setNeighbour({ ...entry, fdb: false })
  host.setNeighbour({ ...entry, address: "192.0.2.9", fdb: true })
  assert.deepEqual(
    host.neighbours().filter((n) => n.index === vxlan),
    [{ ...entry, fdb: false }],
  )
  const forwardings = () => host.forwardings().filter((n) => n.index === vxlan)
  assert.deepEqual(forwardings(), [{ ...entry, address: "192.0.2.9", fdb: true }])
  assert.equal(host.deleteNeighbour({ ...entry, address: "192.0.2.9", fdb: true }), true)
  assert.equal(host.deleteNeighbour({ ...entry, address: "192.0.2.9", fdb: true }), false)
  assert.deepEqual(forwardings(), [])

  host.changeLink(vxlan, { up: false })
  host.changeLink(vxlan, { name: "vx1" })
  assert.equal(host.link("vx0"), undefined)
  assert.equal(host.deleteLink("vx1"), true)
  assert.equal(host.deleteLink("vx1"), false)
  assert(host.links().some((l) => l.name === "lo"))
})

test("settings are written inside, and the thread comes back, also after a failure", { skip }, (t) => {
  const path = `${folder}/c`
  createNetworkNamespace(path)
  t.after(() => removeNetworkNamespace(path))
  const forward = () => readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim()
  const before = forward()
  const flipped = before === "1" ? "0" : "1"
  assert.equal(
    inNetworkNamespace(path, () => writeSysctl(["net", "ipv4", "ip_forward"], flipped) && forward()),
    flipped,
  )
  assert.equal(
    inNetworkNamespace(path, () => writeSysctl(["net", "ipv4", "no_such"], "1")),
    false,
  )
  assert.throws(() =>
    inNetworkNamespace(path, () => {
      throw new Error("inside")
    }),
  )
  assert.equal(forward(), before)
  assert.throws(() => inNetworkNamespace("/does/not/exist", () => 0), { code: "ENOENT" })
})

test("many interfaces are deleted at once, others stay, and what is gone is fine", { skip }, async (t) => {
  const path = `${folder}/d`
  createNetworkNamespace(path)
  t.after(() => removeNetworkNamespace(path))
  const links = openRtnetlink(path)
  t.after(() => links.close())
  const names = Array.from({ length: 70 }, (_, index) => `v${index}`)
  for (const name of names) links.createLink({ kind: "veth", name, peer: { name: `${name}-peer` } })
  const present = () =>
    links
      .links()
      .filter(({ kind }) => kind === "veth")
      .map(({ name }) => name)
      .sort()
  const thread = Promise.withResolvers<string>()
  setImmediate(() => thread.resolve("goes on"))
  const deletion = deleteLinks(["absent", ...names.slice(1)], path)
  assert.equal(await Promise.race([deletion.then(() => "waited"), thread.promise]), "goes on")
  await deletion
  assert.deepEqual(present(), ["v0", "v0-peer"])
  await deleteLinks(["v0", "v0", "absent"], path)
  await deleteLinks(["absent"], path)
  await deleteLinks([], path)
  assert.deepEqual(present(), [])
})
