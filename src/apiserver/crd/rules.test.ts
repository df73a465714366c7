import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { DEFINITIONS, definition, establish, startTestCluster, type TestCluster } from "./testing.ts"

/** CEL rules of definitions: checked when the definition comes, evaluated when objects come. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster()
})
after(() => cluster.close())

const WITHIN = "/apis/example.com/v1/namespaces/default/sizes"
const MERGE = { "content-type": "application/merge-patch+json" }
const size = { type: "integer", "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "must not shrink" }] }
const withRule = (rule: string) => {
  const spec = { type: "object", "x-kubernetes-validations": [{ rule }], properties: { size } }
  return definition("Size", { versions: [{ schema: { openAPIV3Schema: { type: "object", properties: { spec } } } }] })
}

test("a rule that does not compile is refused with its definition", async () => {
  const refused = await cluster.send("POST", DEFINITIONS, withRule("self.other > 1"))
  assert.equal(refused.code, 422)
  assert.match(String(refused.body["message"]), /compilation failed: ERROR: <input>:1:5: undefined field 'other'/)
})

test("objects are held to the rules of their version, also to those about changes", async () => {
  await establish(cluster, withRule("self.size < 10"))
  const create = (name: string, value: number) => {
    const members = { metadata: { name }, spec: { size: value } }
    return cluster.send("POST", WITHIN, { apiVersion: "example.com/v1", kind: "Size", ...members })
  }
  const refused = await create("large", 10)
  assert.deepEqual(
    [refused.code, refused.body["message"]],
    [422, 'Size.example.com "large" is invalid: spec: Invalid value: failed rule: self.size < 10'],
  )
  assert.equal((await create("small", 5)).code, 201)
  const shrunk = await cluster.send("PATCH", `${WITHIN}/small`, { spec: { size: 4 } }, MERGE)
  assert.match(
    String(shrunk.body["message"]),
    /spec\.size: Invalid value: 4: must not shrink|spec\.size: Invalid value: must not shrink/,
  )
  assert.equal((await cluster.send("PATCH", `${WITHIN}/small`, { spec: { size: 6 } }, MERGE)).code, 200)
})
