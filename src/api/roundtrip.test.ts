import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { stringify } from "yaml"
import { decode } from "../machinery/decode/decode.ts"
import { parseJson } from "../machinery/json/parse.ts"
import { parseYaml } from "../machinery/json/yaml.ts"
import { decodeObject, encodeObject } from "../machinery/protobuf/envelope.ts"
import { builtinResources, subresourceKinds } from "./all.ts"

/** One object of each kind with every field set, as Kubernetes writes it; absent outside the project's own machines. */
const REFERENCE = new URL("../../../shared/kubernetes-1.36/roundtrip/", import.meta.url)
const skip = existsSync(REFERENCE) ? false : "the reference data is not on this machine"
const files = new Set(skip ? [] : readdirSync(REFERENCE))
const read = (name: string) => readFileSync(new URL(name, REFERENCE))

for (const resource of [...builtinResources, ...subresourceKinds]) {
  const { group, version, kind, struct } = resource
  const name = `${group === "" ? "core" : group}.${version}.${kind}`
  const options = { skip: skip || (files.has(`${name}.json`) ? false : "no reference object") }

  test(`${name} from JSON, YAML and protobuf is the same object and the same bytes`, options, () => {
    const parsed = parseJson(read(`${name}.json`))
    const bytes = read(`${name}.pb`)
    const { object } = decode(struct, parsed, "Strict")
    const expected = JSON.stringify(parsed.value)
    assert.equal(JSON.stringify(object), expected)
    assert.equal(JSON.stringify(decode(struct, parseYaml(stringify(parsed.value)), "Strict").object), expected)
    assert.equal(JSON.stringify(decodeObject(struct, bytes)), expected)
    assert.equal(Buffer.from(encodeObject(struct, object as object)).toString("hex"), bytes.toString("hex"))
  })
}
