import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { stringify } from "yaml"
import { decode, decodeValue } from "../machinery/decode/decode.ts"
import { parseJson } from "../machinery/json/parse.ts"
import { parseYaml } from "../machinery/json/yaml.ts"
import { decodeObject, encodeObject } from "../machinery/protobuf/envelope.ts"
import { builtinResources, subresourceKinds } from "./all.ts"
import { objectsOf } from "./testing-objects.ts"

const RUNS = 15

// Kinds without protobuf numbers are of groups that Kubernetes serves in JSON only.
for (const resource of new Set([...builtinResources, ...subresourceKinds])) {
  const { struct, apiVersion, kind } = resource
  test(`any ${apiVersion} ${kind} is the same in JSON, YAML and protobuf`, () => {
    fc.assert(
      fc.property(objectsOf(struct), (members) => {
        const object = decodeValue(struct, { ...members, apiVersion, kind })
        const text = JSON.stringify(object)
        assert.equal(JSON.stringify(decode(struct, parseJson(text), "Strict").object), text)
        const yaml = stringify(JSON.parse(text), { version: "1.1", aliasDuplicateObjects: false })
        assert.equal(JSON.stringify(decode(struct, parseYaml(yaml), "Strict").object), text)
        const bytes = encodeObject(struct, object as object)
        const back = decodeObject(struct, bytes)
        assert.deepEqual(JSON.parse(JSON.stringify(back)), JSON.parse(text))
        assert.deepEqual(encodeObject(struct, back as object), bytes)
      }),
      { numRuns: RUNS },
    )
  })
}
