import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { stringify } from "yaml"
import { decode } from "../machinery/decode/decode.ts"
import { parseJson } from "../machinery/json/parse.ts"
import { parseYaml } from "../machinery/json/yaml.ts"
import { decodeObject, encodeObject } from "../machinery/protobuf/envelope.ts"
import type { AnyStruct } from "../machinery/schema/schema.ts"
import { type Facts, structFromFacts, withTypeMeta } from "./reference-struct.ts"
import { everythingDescribed } from "./testing.ts"

/** One object of each kind with every field set, as Kubernetes writes it; absent outside the project's own machines. */
const REFERENCE = new URL("../../../shared/kubernetes-1.36/", import.meta.url)
const skip = existsSync(REFERENCE) ? false : "the reference data is not on this machine"
const read = (name: string) => readFileSync(new URL(name, REFERENCE))
const names = skip ? [] : readdirSync(new URL("roundtrip/", REFERENCE)).filter((name) => name.endsWith(".json"))

const { resources, structs } = await everythingDescribed()
const META = "apimachinery.pkg.apis.meta.v1"
const facts: Facts = {
  messages: skip ? {} : JSON.parse(read("protobuf-fields.json").toString()),
  described: new Map(structs.map((struct) => [struct.name, struct])),
}
const kinds = new Map<string, AnyStruct>([
  ...structs.map((struct): [string, AnyStruct] => [nameOf(struct.name), withTypeMeta(struct)]),
  ...resources.map((resource): [string, AnyStruct] => [
    `${resource.group || "core"}.${resource.version}.${resource.kind}`,
    resource.struct,
  ]),
])

/** As the reference names an object: those of the core group also have the options and answers of all groups. */
function nameOf(definition: string): string {
  return definition.replace("io.k8s.", "").replace(META, "core.v1").replace("api.core", "core")
}

/** `apps.v1beta1.Scale` is the message `k8s.io.api.apps.v1beta1.Scale`; groups lose their domain. */
function messageOf(name: string): string {
  const [kind = "", version = "", ...group] = name.split(".").toReversed()
  const folder = group.at(-1) ?? ""
  const renamed = group.join(".") === "io.k8s.apiserver.internal" ? "apiserverinternal" : folder
  return `k8s.io.api.${renamed}.${version}.${kind}`
}

test("there are as many reference objects as are known", { skip }, () => {
  assert.equal(names.length, 185)
})

for (const file of names) {
  const name = file.slice(0, -".json".length)
  const described = kinds.get(name)
  const title = described === undefined ? `${name}, which is not served,` : name

  test(`${title} from JSON, YAML and protobuf is the same object and the same bytes`, () => {
    const parsed = parseJson(read(`roundtrip/${file}`))
    const bytes = read(`roundtrip/${name}.pb`)
    const struct = described ?? withTypeMeta(structFromFacts(facts, messageOf(name), parsed.value as never))
    const { object } = decode(struct, parsed, "Strict")
    const expected = JSON.stringify(parsed.value)
    assert.equal(JSON.stringify(object), expected)
    assert.equal(JSON.stringify(decode(struct, parseYaml(stringify(parsed.value)), "Strict").object), expected)
    assert.equal(JSON.stringify(decodeObject(struct, bytes)), expected)
    assert.equal(Buffer.from(encodeObject(struct, object as object)).toString("hex"), bytes.toString("hex"))
  })
}
