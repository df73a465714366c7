import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeMessage, encodeMessage, type Message, messageBytes } from "./message.ts"

const HEAD_BYTES = 16
const signal: Omit<Message, "serial"> = {
  type: "signal",
  path: "/a",
  interface: "b.C",
  member: "Changed",
  signature: "sub",
  body: ["x", 7, true],
}

test("a message is read as it was written", () => {
  const bytes = encodeMessage(signal, 3)
  assert.equal(messageBytes(bytes), bytes.length)
  assert.deepEqual(decodeMessage(bytes), { ...signal, serial: 3 })
})

test("a header field of an unknown type hides nothing, and pretends nothing", () => {
  const bytes = encodeMessage(signal, 3)
  const headerEnd = HEAD_BYTES + bytes.readUInt32LE(12)
  const bodyAt = Math.ceil(headerEnd / 8) * 8
  // An array of bytes that would be read as fields: one of a member, one that is longer than the message.
  const pretended = [3, 1, 0x73, 0, 1, 0, 0, 0, 0x78, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0x73, 0, 0xff, 0xff, 0xff, 0xff]
  const field = Buffer.from([200, 2, 0x61, 0x79, 0, 0, 0, 0, pretended.length, 0, 0, 0, 0, 0, 0, 0, ...pretended])
  const header = Buffer.concat([bytes.subarray(0, headerEnd), Buffer.alloc(bodyAt - headerEnd), field])
  header.writeUInt32LE(header.length - HEAD_BYTES, 12)
  const changed = Buffer.concat([header, bytes.subarray(bodyAt)])
  assert.equal(messageBytes(changed), changed.length)
  assert.deepEqual(decodeMessage(changed), { ...signal, serial: 3 })
})
