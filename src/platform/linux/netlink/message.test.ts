import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  attribute,
  decodeAttributes,
  decodeError,
  decodeMessages,
  encodeMessage,
  nested,
  text,
  u32,
} from "./message.ts"

test("messages and attributes survive the round trip", () => {
  const attributes = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.uint8Array({ maxLength: 70 })), {
    selector: ([type]) => type,
  })
  fc.assert(
    fc.property(fc.array(attributes, { maxLength: 4 }), (messages) => {
      const encoded = messages.map((parts, sequence) =>
        encodeMessage(
          20,
          5,
          sequence,
          parts.map(([type, payload]) => attribute(type, payload)),
        ),
      )
      const decoded = decodeMessages(Buffer.concat(encoded))
      assert.equal(decoded.length, messages.length)
      decoded.forEach((message, sequence) => {
        assert.equal(message.sequence, sequence)
        const found = [...decodeAttributes(message.payload)].map(([type, payload]) => [type, new Uint8Array(payload)])
        assert.deepEqual(found, messages[sequence])
      })
    }),
  )
})

test("a nested attribute is found under its plain type", () => {
  const outer = decodeAttributes(nested(18, [text(1, "veth")]))
  assert.equal(
    decodeAttributes(outer.get(18) ?? Buffer.alloc(0))
      .get(1)
      ?.toString(),
    "veth\0",
  )
})

test("lengths that do not fit are refused", () => {
  const broken = encodeMessage(1, 0, 0, [u32(1, 2)])
  broken.writeUInt32LE(400, 0)
  assert.throws(() => decodeMessages(broken), /does not fit/)
  assert.throws(() => decodeAttributes(Buffer.from([200, 0, 1, 0])), /does not fit/)
})

test("the kernel's words are found in an error", () => {
  const payload = Buffer.concat([
    Buffer.from(Int32Array.of(-22).buffer),
    encodeMessage(16, 0, 1, []),
    text(1, "no such"),
  ])
  assert.deepEqual(decodeError({ type: 2, flags: 0x300, sequence: 1, payload }), { errno: 22, text: "no such" })
})
