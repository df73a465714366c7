import assert from "node:assert/strict"
import { test } from "node:test"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { answer } from "./answer.ts"
import { decodeQuery, encodeQuery, encodeResponse, isTruncated } from "./message.ts"
import { type RecordData, type ResourceRecord, rcodes, types } from "./record.ts"
import { reverseName } from "./service-records.ts"
import { Zone } from "./zone.ts"

const zone = new Zone("cluster.local", ["10.96.0.10"])
zone.set(service("web", { clusterIP: "10.96.0.1", ports: [port(80, { name: "http" })] }), [])
zone.set(service("dual", { clusterIP: "10.96.0.2", clusterIPs: ["10.96.0.2", "fd00::2"], ports: [port(80)] }), [])
zone.set(service("mail", { type: "ExternalName", externalName: "Mail.Example.com." }), [])
zone.set(service("alias", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }), [])
zone.set(service("circle", { type: "ExternalName", externalName: "circle.default.svc.cluster.local" }), [])
zone.set(service("db", { clusterIP: "None", ports: [port(5432, { name: "sql" })] }), [
  {
    ...slice("db", 5432, [
      endpoint("10.244.0.5", "a", "ready", { hostname: "db-0" }),
      endpoint("10.244.0.6", "a"),
      endpoint("10.244.0.7", "a", "unready", { hostname: "db-2" }),
    ]),
    ports: [{ name: "sql", protocol: "TCP", port: 5432 }],
  },
  {
    ...slice("db", 5432, [endpoint("fd00::5", "a", "ready", { hostname: "db-0" })]),
    addressType: "IPv6",
    ports: [{ name: "sql", protocol: "TCP", port: 5432 }],
  },
])
zone.set(service("games", { clusterIP: "10.96.0.3", ports: [port(80)] }), [
  slice("games", 80, [
    endpoint("10.244.0.8", "a", "ready", { hostname: "chess" }),
    endpoint("10.244.0.9", "a"),
    endpoint("10.244.0.10", "a", "unready", { hostname: "go" }),
  ]),
])
zone.set(service("empty", { clusterIP: "None" }), [])
zone.set(service("gone", { clusterIP: "10.96.0.9" }), [])
zone.remove("default/gone")

const ranges = ["10.96.0.0/16", "10.244.0.0/16", "fd00::/112"].map(parseCidr)
const svc = "default.svc.cluster.local"
const nothing = "NOERROR | SOA cluster.local"
const noSuchName = "NXDOMAIN | SOA cluster.local"
const cases: readonly (readonly [name: string, type: keyof typeof types, expected: string])[] = [
  [`web.${svc}`, "A", `A web.${svc} 10.96.0.1`],
  [`WEB.${svc}`, "A", `A web.${svc} 10.96.0.1`],
  [`web.${svc}`, "AAAA", nothing],
  [`dual.${svc}`, "AAAA", `AAAA dual.${svc} fd00::2`],
  [`_http._tcp.web.${svc}`, "SRV", `SRV _http._tcp.web.${svc} 0 100 80 web.${svc}`],
  [`_tcp.web.${svc}`, "SRV", nothing],
  [
    `_sql._tcp.db.${svc}`,
    "SRV",
    `SRV _sql._tcp.db.${svc} 0 100 5432 db-0.db.${svc}, SRV _sql._tcp.db.${svc} 0 100 5432 10-244-0-6.db.${svc}`,
  ],
  [`chess.games.${svc}`, "A", `A chess.games.${svc} 10.244.0.8`],
  ["8.0.244.10.in-addr.arpa", "PTR", `PTR 8.0.244.10.in-addr.arpa chess.games.${svc}`],
  [`10-244-0-9.games.${svc}`, "A", noSuchName],
  [`go.games.${svc}`, "A", noSuchName],
  [`*.${svc}`, "A", noSuchName],
  [`*.db.${svc}`, "A", noSuchName],
  ["cluster.local", "AXFR", "REFUSED"],
  [`db.${svc}`, "IXFR", "REFUSED"],
  ["example.com", "AXFR", "REFUSED"],
  [`db.${svc}`, "A", `A db.${svc} 10.244.0.5, A db.${svc} 10.244.0.6`],
  [`db-0.db.${svc}`, "A", `A db-0.db.${svc} 10.244.0.5`],
  [`db-2.db.${svc}`, "A", noSuchName],
  [`mail.${svc}`, "A", `CNAME mail.${svc} mail.example.com, then mail.example.com`],
  [`mail.${svc}`, "CNAME", `CNAME mail.${svc} mail.example.com`],
  [`alias.${svc}`, "A", `CNAME alias.${svc} web.${svc}, A web.${svc} 10.96.0.1`],
  [`circle.${svc}`, "A", "SERVFAIL"],
  [`gone.${svc}`, "A", noSuchName],
  [`nobody.${svc}`, "A", noSuchName],
  ["web.other.svc.cluster.local", "A", noSuchName],
  [svc, "A", nothing],
  ["svc.cluster.local", "A", nothing],
  ["cluster.local", "A", nothing],
  ["cluster.local", "NS", "NS cluster.local ns.dns.cluster.local"],
  ["cluster.local", "SOA", "SOA cluster.local"],
  ["dns-version.cluster.local", "TXT", "TXT dns-version.cluster.local 1.1.0"],
  ["10-244-0-5.default.pod.cluster.local", "A", "A 10-244-0-5.default.pod.cluster.local 10.244.0.5"],
  ["fd00--5.default.pod.cluster.local", "AAAA", "AAAA fd00--5.default.pod.cluster.local fd00::5"],
  ["999-1-1-1.default.pod.cluster.local", "A", noSuchName],
  ["pod.cluster.local", "A", nothing],
  ["1.0.96.10.in-addr.arpa", "PTR", `PTR 1.0.96.10.in-addr.arpa web.${svc}`],
  ["5.0.244.10.in-addr.arpa", "PTR", `PTR 5.0.244.10.in-addr.arpa db-0.db.${svc}`],
  ["9.9.96.10.in-addr.arpa", "PTR", "NXDOMAIN | SOA in-addr.arpa"],
  ["8.8.8.8.in-addr.arpa", "PTR", "forward"],
  [reverseName("fd00::2"), "PTR", `PTR ${reverseName("fd00::2")} dual.${svc}`],
  [reverseName("fd00::5"), "PTR", `PTR ${reverseName("fd00::5")} db-0.db.${svc}`],
  [reverseName("fd00::9"), "PTR", "NXDOMAIN | SOA ip6.arpa"],
  [reverseName("fd01::9"), "PTR", "forward"],
  ["2.0.ip6.arpa", "PTR", "forward"],
  [`db-0.db.${svc}`, "AAAA", `AAAA db-0.db.${svc} fd00::5`],
  ["example.com", "A", "forward"],
  ["notcluster.local", "A", "forward"],
]

for (const [name, type, expected] of cases) {
  test(`${type} ${name}`, () => assert.equal(ask(name, type), expected))
}

test("with servers come their addresses", () => {
  const query = decodeQuery(encodeQuery(1, `_sql._tcp.db.${svc}`, types.SRV))
  assert.ok(query)
  const verdict = answer(query, { zone, rotation: 1, ranges })
  assert.ok(verdict.do === "answer")
  assert.deepEqual(verdict.response.additional.map(print), [
    `A 10-244-0-6.db.${svc} 10.244.0.6`,
    `A db-0.db.${svc} 10.244.0.5`,
    `AAAA db-0.db.${svc} fd00::5`,
  ])
  const whole = encodeResponse(query, verdict.response, 512)
  assert.deepEqual([whole.readUInt16BE(6), whole.readUInt16BE(10)], [2, 3])
  const cut = encodeResponse(query, verdict.response, whole.length - 1)
  assert.deepEqual([cut.readUInt16BE(6), cut.readUInt16BE(10), isTruncated(cut)], [2, 2, false])
})

test("answers rotate", () => {
  assert.match(ask(`db.${svc}`, "A", 1), /^A .* 10\.244\.0\.6, A .* 10\.244\.0\.5$/)
})

function ask(name: string, type: keyof typeof types, rotation = 0): string {
  const query = decodeQuery(encodeQuery(1, name, types[type]))
  assert.ok(query)
  const verdict = answer(query, { zone, rotation, ranges })
  if (verdict.do === "forward") return "forward"
  const { rcode, answers, authority } = verdict.response
  const code = Object.entries(rcodes).find(([, value]) => value === rcode)?.[0] ?? ""
  const parts = answers.map(print)
  if (verdict.chase !== undefined) parts.push(`then ${verdict.chase}`)
  if (parts.length > 0) return parts.join(", ")
  return [code, ...authority.map(print)].join(" | ")
}

function print({ name, data }: ResourceRecord): string {
  return [data.type, name, ...values(data)].join(" ")
}

function values(data: RecordData): readonly (string | number)[] {
  switch (data.type) {
    case "SOA":
      return []
    case "SRV":
      return [data.priority, data.weight, data.port, data.target]
    case "A":
    case "AAAA":
      return [data.address]
    case "TXT":
      return [data.text]
    default:
      return [data.target]
  }
}
