import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startTestWebhook } from "../webhook/testing.ts"
import { DEFINITIONS, definition, establish, type Json, startTestCluster, type TestCluster } from "./testing.ts"

/** Definitions of several versions: what is stored in one is served in all. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster()
})
after(() => cluster.close())

const within = (version: string, plural: string, rest = "") =>
  `/apis/example.com/${version}/namespaces/default/${plural}${rest}`
const MERGE = { "content-type": "application/merge-patch+json" }
const TWO = [{}, {}]

test("without a webhook only the version's name changes, in reads, writes and watches", async () => {
  await establish(cluster, definition("Apple", { versions: TWO }))
  const one = { apiVersion: "example.com/v2", kind: "Apple", metadata: { name: "a" }, spec: { size: 1 } }
  const created = await cluster.send("POST", within("v2", "apples"), one)
  assert.deepEqual([created.code, created.body["apiVersion"]], [201, "example.com/v2"])
  const first = await cluster.send("GET", within("v1", "apples", "/a"))
  assert.deepEqual([first.body["apiVersion"], first.body["spec"]], ["example.com/v1", { size: 1 }])
  const changed = await cluster.send("PATCH", within("v2", "apples", "/a"), { spec: { size: 2 } }, MERGE)
  assert.deepEqual([changed.body["apiVersion"], changed.body["spec"]], ["example.com/v2", { size: 2 }])
  const since = first.body["metadata"]?.["resourceVersion"]
  for (const version of ["v1", "v2"]) {
    const list = await cluster.send("GET", within(version, "apples"))
    const [item] = list.body["items"] as unknown as readonly Json[]
    assert.deepEqual([list.body["apiVersion"], item?.["apiVersion"]], Array(2).fill(`example.com/${version}`))
    const [event] = await cluster.watch(within(version, "apples", `?watch=true&resourceVersion=${since}`), 1)
    assert.deepEqual([event?.type, event?.object["apiVersion"]], ["MODIFIED", `example.com/${version}`])
  }
})

test("what comes in another version gets the defaults of the stored one, too", async () => {
  const size = { type: "integer", default: 3 }
  const withDefault = {
    type: "object",
    properties: { spec: { type: "object", properties: { size, color: { type: "string" } } } },
  }
  const stored = { schema: { openAPIV3Schema: withDefault } }
  await establish(cluster, definition("Grape", { versions: [stored, {}] }))
  const one = { apiVersion: "example.com/v2", kind: "Grape", metadata: { name: "a" }, spec: { color: "red" } }
  const created = await cluster.send("POST", within("v2", "grapes"), one)
  const expected = { color: "red", size: 3 }
  assert.deepEqual(created.body["spec"], expected)
  for (const version of ["v1", "v2"]) {
    const { body } = await cluster.send("GET", within(version, "grapes", "/a"))
    assert.deepEqual(body["spec"], expected, version)
  }
  const changed = { spec: { size: null } }
  const patched = await cluster.send("PATCH", within("v2", "grapes", "/a"), changed, MERGE)
  assert.deepEqual(patched.body["spec"], expected)
})

test("a watch of another version selects by the fields of that version", async () => {
  const spec = { type: "object", properties: { color: { type: "string" }, size: { type: "integer" } } }
  const schema = { openAPIV3Schema: { type: "object", properties: { spec } } }
  const versions = [{}, { schema, selectableFields: [{ jsonPath: ".spec.color" }] }]
  await establish(cluster, definition("Lime", { versions }))
  const create = (name: string, color: string) => {
    const members = { metadata: { name }, spec: { color } }
    return cluster.send("POST", within("v1", "limes"), { apiVersion: "example.com/v1", kind: "Lime", ...members })
  }
  const first = await create("a", "red")
  await create("b", "blue")
  const change = (name: string, color: string) =>
    cluster.send("PATCH", within("v1", "limes", `/${name}`), { spec: { color } }, MERGE)
  await change("a", "blue")
  await change("b", "green")
  await change("b", "red")
  const since = first.body["metadata"]?.["resourceVersion"]
  const query = `?watch=true&resourceVersion=${since}&fieldSelector=spec.color%3Dred`
  const events = await cluster.watch(within("v2", "limes", query), 2)
  assert.deepEqual(
    events.map(({ type, object }) => [type, object["metadata"]?.["name"], object["spec"]]),
    [
      ["DELETED", "a", { color: "red" }],
      ["ADDED", "b", { color: "red" }],
    ],
  )
})

test("a new storage version is noted, and what is stored in the old one is still read and migrated by a write", async () => {
  const made = definition("Pear", { versions: TWO })
  await establish(cluster, made)
  const one = { apiVersion: "example.com/v1", kind: "Pear", metadata: { name: "a" }, spec: { size: 1 } }
  await cluster.send("POST", within("v1", "pears"), one)
  const versions = made.spec.versions.map((version) => ({ ...version, storage: version.name === "v2" }))
  const path = `${DEFINITIONS}/pears.example.com`
  const { body } = await cluster.send("PATCH", path, { spec: { versions } }, MERGE)
  assert.deepEqual(body["status"]?.["storedVersions"], ["v1", "v2"])
  const read = await cluster.send("GET", within("v2", "pears", "/a"))
  assert.deepEqual([read.body["apiVersion"], read.body["spec"]], ["example.com/v2", { size: 1 }])
  const before = read.body["metadata"]?.["resourceVersion"]
  const migrated = await cluster.send("PUT", within("v2", "pears", "/a"), read.body)
  assert.notEqual(migrated.body["metadata"]?.["resourceVersion"], before)
  const again = await cluster.send("PUT", within("v2", "pears", "/a"), migrated.body)
  assert.equal(again.body["metadata"]?.["resourceVersion"], migrated.body["metadata"]?.["resourceVersion"])
})

test("a version that is deprecated says so, one that is not served is not found", async () => {
  const versions = [{}, { deprecated: true }, { served: false }, { deprecated: true, deprecationWarning: "gone soon" }]
  await establish(cluster, definition("Plum", { versions }))
  const warned = async (version: string) => (await cluster.send("GET", within(version, "plums"))).warnings
  assert.deepEqual(await warned("v1"), [])
  assert.deepEqual(await warned("v2"), ['299 - "example.com/v2 Plum is deprecated"'])
  assert.deepEqual(await warned("v4"), ['299 - "gone soon"'])
  assert.equal((await cluster.send("GET", within("v3", "plums"))).code, 404)
})

interface Review {
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly Json[] }
}

/** Between `spec.size` of v1 and `spec.length` of v2. */
function converted(object: Json, apiVersion: string): object {
  const { size, length, ...rest } = object["spec"] as unknown as { size?: number; length?: number }
  const value = size ?? length
  return {
    ...object,
    apiVersion,
    spec: { ...rest, ...(apiVersion.endsWith("v1") ? { size: value } : { length: value }) },
  }
}

test("a webhook converts what is not in the wanted version", async () => {
  let broken = false
  const webhook = await startTestWebhook(({ body }) => {
    const { uid, desiredAPIVersion, objects } = (body as Review).request
    const convertedObjects = objects.map((object) => converted(object, desiredAPIVersion))
    const result = broken ? { status: "Failure", message: "out of order" } : { status: "Success" }
    const response = { uid, result, convertedObjects }
    return { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", response }
  })
  const clientConfig = { url: `${webhook.url}/convert`, caBundle: webhook.caBundle }
  const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1", "v1beta1"] } }
  try {
    await establish(cluster, definition("Fig", { versions: TWO, spec: { conversion } }))
    const create = (version: string, name: string, spec: object) =>
      cluster.send("POST", within(version, "figs"), {
        apiVersion: `example.com/${version}`,
        kind: "Fig",
        metadata: { name },
        spec,
      })
    const first = await create("v1", "a", { size: 1 })
    assert.equal(webhook.calls.length, 0)
    const second = await create("v2", "b", { length: 2 })
    assert.deepEqual([first.body["spec"], second.body["spec"]], [{ size: 1 }, { length: 2 }])
    const specs = async (version: string, query = "") => {
      const { body } = await cluster.send("GET", within(version, "figs", query))
      return (body["items"] as unknown as readonly Json[]).map((item) => item["spec"])
    }
    assert.deepEqual(await specs("v1"), [{ size: 1 }, { size: 2 }])
    assert.deepEqual(await specs("v2"), [{ length: 1 }, { length: 2 }])
    const asked = webhook.calls.length
    assert.deepEqual(await specs("v2"), [{ length: 1 }, { length: 2 }])
    assert.equal(webhook.calls.length, asked, "what was converted once is kept")
    const patched = await cluster.send("PATCH", within("v2", "figs", "/a"), { spec: { length: 5 } }, MERGE)
    assert.deepEqual(patched.body["spec"], { length: 5 })
    assert.deepEqual(await specs("v1"), [{ size: 5 }, { size: 2 }])
    broken = true
    await create("v1", "c", { size: 3 })
    const failed = await cluster.send("GET", within("v2", "figs", "/c"))
    assert.deepEqual(
      [failed.code, failed.body["message"]],
      [500, "conversion webhook for example.com/v1, Kind=Fig failed: out of order"],
    )
    assert.equal((await cluster.send("GET", within("v1", "figs", "/c"))).code, 200)
  } finally {
    await webhook.close()
  }
})
