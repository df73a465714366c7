import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { decodeValue } from "../decode/decode.ts"
import { ExactNumber } from "../json/exact-number.ts"
import { ListMeta } from "../meta/list-meta.ts"
import { ObjectMeta } from "../meta/object-meta.ts"
import * as f from "../schema/fields.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { decodeMessage, decodeObject, encodeList, encodeMessage, encodeObject, openEnvelope } from "./envelope.ts"
import { decodeWatchEvent, encodeWatchEvent } from "./watch.ts"

const doc = { doc: "" }
const Inner = f.struct("x.v1.Inner", { port: f.intOrString(1, doc), size: f.quantity(20, doc) })
const Everything: AnyStruct = f.struct("x.v1.Everything", {
  apiVersion: f.string(0, doc),
  kind: f.string(0, doc),
  text: f.string(1, doc),
  flag: f.bool(2, doc),
  small: f.int32(3, { ...doc, pointer: true }),
  large: f.int64(4, { ...doc, pointer: true }),
  ratio: f.double(5, { ...doc, pointer: true }),
  data: f.map(6, "bytes", doc),
  inner: f.inline(7, Inner),
  at: f.time(8, doc),
  exactly: f.microTime(9, doc),
  wait: f.duration(10, doc),
  names: f.list(11, "string", doc),
  numbers: f.list(12, "int64", doc),
  children: f.list(13, () => Everything, doc),
  labels: f.map(14, "string", doc),
  extra: f.map(15, { listOf: "string" }, doc),
  free: f.json(16, doc),
  verbs: f.list(18, "string", { ...doc, wrapped: true }),
  meta: f.message(17, ObjectMeta, { ...doc, always: true }),
  child: f.message(300, () => Everything, doc),
})

const texts = fc.string({ unit: "grapheme", maxLength: 60 })
const int64 = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .bigInt(-(2n ** 63n), 2n ** 63n - 1n)
    .map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : new ExactNumber(`${n}`))),
)
const values = fc.letrec((tie) => ({
  value: fc.record(
    {
      text: texts,
      flag: fc.boolean(),
      small: fc.integer(),
      large: int64,
      ratio: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      data: fc.dictionary(
        texts,
        fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64")),
      ),
      port: fc.oneof(fc.integer(), texts),
      size: fc.constantFrom("0", "100m", "1Gi", "-1"),
      at: fc.constantFrom("2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z"),
      exactly: fc.constant("2026-01-02T03:04:05.000006Z"),
      wait: fc.constantFrom("1m30s", "-1ns", "0s"),
      names: fc.array(texts),
      verbs: fc.array(texts),
      numbers: fc.array(int64),
      children: fc.array(tie("value"), { maxLength: 2 }),
      labels: fc.dictionary(texts, texts),
      extra: fc.dictionary(texts, fc.array(texts, { minLength: 1 })),
      free: fc.jsonValue().filter((value) => value !== null && !Object.is(value, -0)),
      child: tie("value"),
    },
    { requiredKeys: [] },
  ),
})).value

test("what is encoded decodes to the same", () => {
  fc.assert(
    fc.property(values, (value) => {
      const object = decodeValue(Everything, value)
      const again = decodeMessage(Everything, encodeMessage(Everything, object as object))
      assert.equal(JSON.stringify(again), JSON.stringify(object))
    }),
  )
})

test("wrapped items stand in a message of their own", () => {
  const Wrapped = f.struct("x.v1.Wrapped", { verbs: f.list(4, "string", { ...doc, wrapped: true, required: true }) })
  assert.equal(Buffer.from(encodeMessage(Wrapped, { verbs: ["get"] })).toString("hex"), "22050a03676574")
})

test("every cut message is refused or read, never crashes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeMessage(Everything, bytes)
      } catch (error) {
        assert.match((error as Error).name, /^(ProtobufError|QuantityError|RangeError)$/)
      }
    }),
    { numRuns: 500 },
  )
})

test("the envelope names the kind", () => {
  const bytes = encodeObject(Everything, { apiVersion: "x/v1", kind: "Everything", text: "a" })
  const { apiVersion, kind } = openEnvelope(bytes)
  assert.deepEqual([apiVersion, kind], ["x/v1", "Everything"])
  assert.deepEqual(decodeObject(Everything, bytes), { apiVersion: "x/v1", kind: "Everything", text: "a", meta: {} })
  assert.throws(() => openEnvelope(new Uint8Array([1, 2, 3])), /expected prefix \[107 56 115 0\]/)
})

test("a list is made of encoded items", () => {
  const List = f.struct("x.v1.List", {
    metadata: f.message(1, ListMeta, { ...doc, always: true }),
    items: f.list(2, Inner, doc),
  })
  const items = [{ port: 1 }, { port: "http", size: "1" }]
  const whole = { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "5" }, items }
  const encoded = items.map((item) => encodeMessage(Inner, item))
  assert.deepEqual(encodeList(whole, ListMeta, encoded), encodeObject(List, whole))
})

test("unknown fields are skipped", () => {
  const Narrow = f.struct("x.v1.Narrow", { flag: f.bool(2, doc) })
  const bytes = encodeMessage(
    Everything,
    decodeValue(Everything, { text: "a", flag: true, ratio: 1, names: ["x"], child: {} }) as object,
  )
  assert.deepEqual(decodeMessage(Narrow, bytes), { flag: true })
})

test("watch events carry enveloped objects", () => {
  const object = encodeObject(Everything, { apiVersion: "x/v1", kind: "Everything", text: "é".repeat(200) })
  const frame = encodeWatchEvent("ADDED", object)
  assert.equal(Buffer.from(frame).readUInt32BE(0), frame.length - 4)
  const event = decodeWatchEvent(frame.subarray(4))
  assert.equal(event.type, "ADDED")
  assert.deepEqual(Buffer.from(event.object), Buffer.from(object))
})
