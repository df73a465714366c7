import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeQuery, encodeQuery, encodeResponse, FormatError, isTruncated, readRecords } from "./message.ts"
import { decodeName } from "./name.ts"
import { rcodes, types } from "./record.ts"
import { record } from "./service-records.ts"

const header = (counts: readonly number[], flags = 0x0100) => {
  const bytes = Buffer.alloc(12)
  for (const [index, value] of [7, flags, ...counts].entries()) bytes.writeUInt16BE(value, index * 2)
  return bytes
}
const question = Buffer.from("\x03WeB\x07cLuster\x05local\0\0\x01\0\x01", "latin1")
const opt = (version: number, udpBytes: number) =>
  Buffer.from([0, 0, 41, udpBytes >> 8, udpBytes & 255, 0, version, 0x80, 0, 0, 0])

function need(raw: Buffer) {
  const query = decodeQuery(raw)
  assert.ok(query)
  return query
}

test("names are compared in lower case and given back as they came", () => {
  const query = need(Buffer.concat([header([1, 0, 0, 0]), question]))
  assert.equal(query.name, "web.cluster.local")
  const answers = [record("web.cluster.local", { type: "A", address: "10.96.0.1" })]
  const response = encodeResponse(query, { rcode: 0, authoritative: true, answers, authority: [], additional: [] }, 512)
  assert.equal(response.toString("latin1", 12, 12 + question.length), question.toString("latin1"))
  assert.equal(response.readUInt16BE(2), 0x8580)
  const [found] = readRecords(response, 12 + question.length)
  assert.equal(found?.name, "web.cluster.local")
  assert.equal(response.length, 12 + question.length + 16)
})

test("EDNS: sizes, versions and flags are read, and answered in kind", () => {
  const query = need(Buffer.concat([header([1, 0, 0, 1]), question, opt(0, 4096)]))
  assert.deepEqual(query.edns, { udpBytes: 4096, version: 0, dnssecOk: true })
  const bad = need(Buffer.concat([header([1, 0, 0, 1]), question, opt(1, 100)]))
  assert.deepEqual(bad.edns, { udpBytes: 512, version: 1, dnssecOk: true })
  const response = encodeResponse(
    bad,
    { rcode: rcodes.BADVERS, authoritative: false, answers: [], authority: [], additional: [] },
    512,
  )
  const [found] = readRecords(response, 12 + question.length)
  assert.deepEqual([found?.type, found?.class, (found?.ttl ?? 0) >>> 24], [types.OPT, 1232, 1])
})

test("an answer that is too long is cut between records and says so", () => {
  const query = need(Buffer.concat([header([1, 0, 0, 0]), question]))
  const answers = Array.from({ length: 100 }, (_, i) =>
    record("web.cluster.local", { type: "A", address: `10.0.0.${i}` }),
  )
  const response = encodeResponse(query, { rcode: 0, authoritative: true, answers, authority: [], additional: [] }, 512)
  assert.equal(isTruncated(response), true)
  assert.equal(readRecords(response, 12 + question.length).length, Math.floor((512 - 12 - question.length) / 16))
})

test("names point back to names, but not SRV targets", () => {
  const query = need(encodeQuery(1, "_sql._tcp.db.svc", types.SRV))
  const target = "db-0.db.svc"
  const answers = [
    record(query.name, { type: "SRV", priority: 0, weight: 100, port: 1, target }),
    record(target, { type: "CNAME", target: "svc" }),
  ]
  const response = encodeResponse(query, { rcode: 0, authoritative: true, answers, authority: [], additional: [] }, 512)
  const [server, alias] = readRecords(response, 12 + query.question.length)
  assert.equal(server?.dataLength, 6 + target.length + 2)
  assert.equal(decodeName(response, (server?.dataAt ?? 0) + 6).name, target)
  assert.equal(decodeName(response, alias?.dataAt ?? 0).name, "svc")
})

const broken: readonly (readonly [name: string, raw: Buffer, rcode: number])[] = [
  ["no question", header([0, 0, 0, 0]), rcodes.FORMERR],
  ["two questions", Buffer.concat([header([2, 0, 0, 0]), question, question]), rcodes.FORMERR],
  ["a question cut short", Buffer.concat([header([1, 0, 0, 0]), question.subarray(0, 9)]), rcodes.FORMERR],
  [
    "a name that points to itself",
    Buffer.concat([header([1, 0, 0, 0]), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
    rcodes.FORMERR,
  ],
  ["a missing record", Buffer.concat([header([1, 0, 0, 1]), question]), rcodes.FORMERR],
  ["another operation", Buffer.concat([header([1, 0, 0, 0], 0x2800), question]), rcodes.NOTIMP],
]
for (const [name, raw, rcode] of broken) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => decodeQuery(raw),
      (error) => error instanceof FormatError && error.rcode === rcode,
    )
  })
}

test("responses and fragments are not answered", () => {
  assert.equal(decodeQuery(Buffer.concat([header([1, 0, 0, 0], 0x8000), question])), undefined)
  assert.equal(decodeQuery(Buffer.alloc(11)), undefined)
})
