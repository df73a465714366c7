import assert from "node:assert/strict"
import { test } from "node:test"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { DEFAULT_DNS_SETTINGS } from "./dns-settings.ts"
import { decodeQuery, encodeQuery, encodeResponse, HEADER_BYTES, rcodeOf, readRecords } from "./message.ts"
import { decodeName } from "./name.ts"
import { rcodes, types } from "./record.ts"
import { createResolver } from "./resolve.ts"
import { record } from "./service-records.ts"
import { Zone } from "./zone.ts"

const WEB = "web.default.svc.cluster.local"
const POD = "10.244.0.2"

/** A resolver whose upstream knows every name as 192.0.2.<how often it was asked>, for 20 seconds. */
function resolving() {
  const platform = createSimPlatform({ seed: 1 })
  const zone = new Zone("cluster.local", ["10.96.0.10"])
  const asked: string[] = []
  const upstream = {
    ask: async (raw: Buffer) => {
      const query = decodeQuery(raw)
      assert.ok(query)
      asked.push(query.name)
      const data = { type: "A", address: `192.0.2.${asked.length}` } as const
      const isBroken = query.name === "broken.example.com"
      const rcode = isBroken ? rcodes.SERVFAIL : rcodes.NOERROR
      const answers = isBroken ? [] : [{ ...record(query.name, data), ttl: 20 }]
      return encodeResponse(query, { rcode, authoritative: false, answers, authority: [], additional: [] }, 512)
    },
  }
  const isInside = (client: string) => client === POD
  const resolver = createResolver({ zone, upstream, isInside, nodeSearches: () => [], ranges: [], platform })
  let id = 0
  /** Addresses with their TTLs, and whether they came at once. */
  const ask = async (name: string, { type = types.A as number, from = POD, more = Buffer.alloc(0) } = {}) => {
    const message = Buffer.concat([encodeQuery(++id, name, type), more])
    if (more.length > 0) message.writeUInt16BE(1, 10)
    const answer = resolver.resolve(message, from, "udp")
    const bytes = await answer
    assert.ok(bytes)
    const end = message.length - more.length
    assert.equal(bytes.readUInt16BE(0), id)
    assert.deepEqual(bytes.subarray(12, end), message.subarray(12, end))
    const found = readRecords(bytes, end)
      .filter(({ section }) => section === 0)
      .map(({ dataAt, ttl }) => `${bytes.subarray(dataAt, dataAt + 4).join(".")} ${ttl}`)
    return { found, rcode: rcodeOf(bytes), atOnce: !(answer instanceof Promise) }
  }
  return { ask, zone, resolver, platform, asked }
}

test("the second answer to a question comes at once, and is gone when the zone changes", async () => {
  const { ask, zone } = resolving()
  zone.set(service("web", { clusterIP: "10.96.0.1", ports: [port(80)] }), [])
  const known = { found: ["10.96.0.1 5"], rcode: rcodes.NOERROR }
  assert.deepEqual(await ask(WEB), { ...known, atOnce: false })
  assert.deepEqual(await ask(WEB), { ...known, atOnce: true })
  assert.deepEqual(await ask(WEB, { type: types.AAAA }), { found: [], rcode: rcodes.NOERROR, atOnce: false })
  assert.deepEqual(await ask(WEB, { from: "192.0.2.9" }), { found: [], rcode: rcodes.REFUSED, atOnce: false })
  zone.set(service("other", { clusterIP: "10.96.0.2", ports: [port(80)] }), [])
  assert.deepEqual(await ask(WEB), { ...known, atOnce: true })
  zone.set(service("web", { clusterIP: "10.96.0.3", ports: [port(80)] }), [])
  assert.deepEqual(await ask(WEB), { ...known, found: ["10.96.0.3 5"], atOnce: false })
  zone.remove("default/web")
  const gone = { found: [], rcode: rcodes.NXDOMAIN }
  assert.deepEqual(await ask(WEB), { ...gone, atOnce: false })
  assert.deepEqual(await ask(WEB), { ...gone, atOnce: true })
  zone.set(service("web", { clusterIP: "10.96.0.4", ports: [port(80)] }), [])
  assert.deepEqual(await ask(WEB), { ...known, found: ["10.96.0.4 5"], atOnce: false })
})

test("an alias inside the cluster follows its target", async () => {
  const { ask, zone } = resolving()
  const alias = "alias.default.svc.cluster.local"
  zone.set(service("alias", { type: "ExternalName", externalName: WEB }), [])
  for (const clusterIP of ["10.96.0.1", "10.96.0.2"]) {
    zone.set(service("web", { clusterIP, ports: [port(80)] }), [])
    for (let time = 0; time < 2; time++) assert.deepEqual((await ask(alias)).found[1], `${clusterIP} 5`)
  }
})

test("who plays with letters' case or with options is answered right, and not remembered", async () => {
  const { ask, zone } = resolving()
  zone.set(service("web", { clusterIP: "10.96.0.1", ports: [port(80)] }), [])
  const opt = [0, 0, 41, 4, 208, 0, 0, 0, 0]
  for (const [name, more] of [
    ["wEb.default.svc.cluster.local", []],
    [WEB, [...opt, 0, 6, 0, 10, 0, 2, 1, 2]],
  ] as const) {
    for (let time = 0; time < 2; time++) {
      const answer = await ask(name, { more: Buffer.from(more) })
      assert.deepEqual(answer, { found: ["10.96.0.1 5"], rcode: rcodes.NOERROR, atOnce: false })
    }
  }
  await ask(WEB, { more: Buffer.from([...opt, 0, 0]) })
  assert.equal((await ask(WEB, { more: Buffer.from([...opt, 0, 0]) })).atOnce, true)
})

test("answers of several records go on rotating", async () => {
  const { ask, zone } = resolving()
  const ips = ["10.244.0.5", "10.244.0.6", "10.244.0.7"]
  const endpoints = ips.map((ip) => endpoint(ip, "a"))
  zone.set(service("web", { clusterIP: "None" }), [slice("web", 80, endpoints)])
  const firsts = new Map<string | undefined, number>()
  let ready = 0
  for (let time = 0; time < 90; time++) {
    const { found, atOnce } = await ask(WEB)
    assert.equal(found.length, 3)
    firsts.set(found[0], (firsts.get(found[0]) ?? 0) + 1)
    if (atOnce) ready++
  }
  assert.ok(ready > 60, `${ready} at once`)
  for (const ip of ips) assert.ok((firsts.get(`${ip} 5`) ?? 0) > 20, `${ip}: ${[...firsts].join("; ")}`)
})

test("what upstream said gets older, and is asked again when its time is over", async () => {
  const { ask, platform, asked, resolver } = resolving()
  const said = (text: string, atOnce: boolean) => ({ found: [text], rcode: rcodes.NOERROR, atOnce })
  assert.deepEqual(await ask("example.com"), said("192.0.2.1 20", false))
  assert.deepEqual(await ask("example.com"), said("192.0.2.1 20", false))
  assert.deepEqual(await ask("example.com"), said("192.0.2.1 20", true))
  await platform.clock.advance(7000)
  assert.deepEqual(await ask("example.com"), said("192.0.2.1 13", true))
  assert.deepEqual(await ask("example.com"), said("192.0.2.1 13", true))
  await platform.clock.advance(13_000)
  assert.deepEqual(await ask("example.com"), said("192.0.2.2 20", false))
  await ask("example.com")
  assert.equal((await ask("example.com")).atOnce, true)
  resolver.configure(DEFAULT_DNS_SETTINGS)
  assert.deepEqual(await ask("example.com"), said("192.0.2.3 20", false))
  assert.equal(asked.length, 3)
})

/** What an answer says, whatever its order and the zone's serial. Which records are left out of what is too long depends on the order. */
function meaningOf(bytes: Buffer): unknown {
  const end = decodeName(bytes, HEADER_BYTES).end + 4
  const records = readRecords(bytes, end).map((found) => {
    const { section, type, name, ttl, dataAt, dataLength } = found
    const target = dataAt + (type === types.SRV ? 6 : 0)
    const isName = type === types.PTR || type === types.CNAME || type === types.SRV
    const data = isName ? decodeName(bytes, target).name : bytes.toString("hex", dataAt, dataAt + dataLength)
    return [section, type, name, ttl, type === types.SOA ? "" : data].join(" ")
  })
  return {
    head: bytes.toString("hex", 0, HEADER_BYTES),
    question: bytes.toString("latin1", 12, end),
    records: records.sort(),
  }
}

test("ready answers say what a resolver that remembers nothing says, however the zone changes", async () => {
  const platform = createSimPlatform({ seed: 10 })
  const { random } = platform
  const zone = new Zone("cluster.local", ["10.96.0.10"])
  const upstream = { ask: async () => undefined }
  const ranges = [parseCidr("10.244.0.0/16")]
  const create = () =>
    createResolver({ zone, upstream, isInside: () => true, nodeSearches: () => [], ranges, platform })
  const warm = create()
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)] as T
  const changes = [
    (name: string) => zone.remove(`default/${name}`),
    (name: string) =>
      zone.set(service(name, { clusterIP: `10.96.0.${random.int(200)}`, ports: [port(80, { name: "http" })] }), []),
    (name: string) => {
      const endpoints = Array.from({ length: random.int(4) }, (_, place) => endpoint(`10.244.0.${place}`, "a"))
      const own = { ...slice(name, 80, endpoints), ports: [{ name: "http", protocol: "TCP", port: 80 }] }
      zone.set(service(name, { clusterIP: "None" }), [own])
    },
    (name: string) =>
      zone.set(service(name, { type: "ExternalName", externalName: `a.default.svc.cluster.local` }), []),
  ]
  const names = ["a", "b", "c"]
  const owners = ["", "_http._tcp.", "_tcp.", "10-244-0-3.", "nobody."].flatMap((prefix) =>
    names.map((name) => `${prefix}${name}.default.svc.cluster.local`),
  )
  const questions = [...owners, "default.svc.cluster.local", "cluster.local", "3.0.244.10.in-addr.arpa"]
  let atOnce = 0
  for (let round = 0; round < 4000; round++) {
    if (random.int(20) === 0) pick(changes)(pick(names))
    const message = encodeQuery(random.int(65536), pick(questions), pick([types.A, types.SRV, types.PTR, types.ANY]))
    const answer = warm.resolve(message, POD, "udp")
    if (!(answer instanceof Promise)) atOnce++
    const [found, expected] = [await answer, await create().resolve(message, POD, "udp")]
    assert.ok(found && expected)
    assert.deepEqual(meaningOf(found), meaningOf(expected), `${round}: ${decodeName(message, HEADER_BYTES).name}`)
  }
  assert.ok(atOnce > 1000, `${atOnce} at once`)
})

test("an address from upstream that is none makes a failure of the answer", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const zone = new Zone("cluster.local", ["10.96.0.10"])
  zone.set(service("out", { type: "ExternalName", externalName: "example.com" }), [])
  const upstream = {
    ask: async (raw: Buffer) => {
      const query = decodeQuery(raw)
      assert.ok(query)
      const answers = [record(query.name, { type: "TXT", text: "five" })]
      const response = { rcode: rcodes.NOERROR, authoritative: false, answers, authority: [], additional: [] }
      const bytes = encodeResponse(query, response, 512)
      const [found] = readRecords(bytes, raw.length)
      assert.equal(found?.dataLength, 5)
      bytes.writeUInt16BE(types.A, found.ttlAt - 4)
      return bytes
    },
  }
  const resolver = createResolver({
    zone,
    upstream,
    isInside: () => true,
    nodeSearches: () => [],
    ranges: [],
    platform,
  })
  const answer = await resolver.resolve(encodeQuery(1, "out.default.svc.cluster.local", types.A), POD, "udp")
  assert.equal(answer && rcodeOf(answer), rcodes.SERVFAIL)
})

test("what upstream cannot answer is not asked again for five seconds", async () => {
  const { ask, platform, asked } = resolving()
  for (const [waitMs, questions] of [
    [0, 1],
    [0, 1],
    [4999, 1],
    [1, 2],
  ] as const) {
    await platform.clock.advance(waitMs)
    assert.equal((await ask("broken.example.com")).rcode, rcodes.SERVFAIL)
    assert.equal(asked.length, questions)
  }
})
