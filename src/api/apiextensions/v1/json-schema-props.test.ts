import assert from "node:assert/strict"
import { test } from "node:test"
import { decode } from "../../../machinery/decode/decode.ts"
import { parseJson } from "../../../machinery/json/parse.ts"
import { decodeMessage, encodeMessage } from "../../../machinery/protobuf/envelope.ts"
import { JSONSchemaProps } from "./json-schema-props.ts"

const read = (json: string) => decode(JSONSchemaProps, parseJson(Buffer.from(json)), "Strict").object
const hexOf = (json: string) => Buffer.from(encodeMessage(JSONSchemaProps, read(json))).toString("hex")

/** Members that are a schema, or a list or truth value instead. */
const forms = [
  '{"additionalProperties":false}',
  '{"additionalProperties":true}',
  '{"additionalProperties":{"type":"string"}}',
  '{"items":{"type":"object","properties":{"a":{"items":{"type":"string"}}}}}',
  '{"items":[{"type":"string"},{"additionalItems":false}]}',
  '{"dependencies":{"a":["b","c"],"d":{"type":"string"}}}',
]
for (const json of forms) {
  test(`${json} is the same after protobuf`, () => {
    assert.equal(JSON.stringify(decodeMessage(JSONSchemaProps, Buffer.from(hexOf(json), "hex"))), json)
  })
}

test("a truth value stands beside the schema on the wire, true when there is one", () => {
  const wire = (json: string, member: string) => hexOf(json).split(member)[1]?.slice(0, 6)
  const additionalProperties = "f201"
  assert.equal(wire('{"additionalProperties":false}', additionalProperties), "020800")
  assert.equal(wire('{"additionalProperties":true}', additionalProperties), "020801")
  assert.match(wire('{"additionalProperties":{"type":"string"}}', additionalProperties) ?? "", /^..0801$/)
})

test("what a schema in such a place does not know is left out in silence, elsewhere it is refused", () => {
  assert.deepEqual(read('{"additionalProperties":{"type":"string","nope":1}}'), {
    additionalProperties: { type: "string" },
  })
  assert.throws(() => read('{"not":{"nope":1}}'), { message: 'strict decoding error: unknown field "not.nope"' })
})

test("anything but the two forms is refused", () => {
  assert.throws(() => read('{"additionalProperties":"x"}'), { message: "boolean or JSON schema expected" })
  assert.throws(() => read('{"additionalProperties":[]}'), { message: "boolean or JSON schema expected" })
  assert.throws(() => read('{"items":true}'), { message: "array or JSON schema expected" })
  assert.throws(() => read('{"items":[{"type":1}]}'), {
    message: "json: cannot unmarshal number into Go struct field JSONSchemaProps.items.type of type string",
  })
})
