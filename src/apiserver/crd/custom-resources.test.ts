import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import {
  conditionsOf,
  DEFINITIONS,
  definition,
  establish,
  isEstablished,
  startTestCluster,
  type TestCluster,
} from "./testing.ts"

/** Definitions and their objects, over the wire of a whole server. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster()
})
after(() => cluster.close())

const within = (plural: string, rest = "") => `/apis/example.com/v1/namespaces/default/${plural}${rest}`
const object = (kind: string, name: string, members: object = {}) => ({
  apiVersion: "example.com/v1",
  kind,
  metadata: { name },
  ...members,
})
const MERGE = { "content-type": "application/merge-patch+json" }

test("a definition is established, served and listed at once", async () => {
  const made = await establish(cluster, definition("Apple", { names: { shortNames: ["ap"], categories: ["all"] } }))
  const { status } = made.body
  assert.deepEqual(
    conditionsOf(made.body).map(({ type, status: value }) => [type, value]),
    [
      ["NamesAccepted", "True"],
      ["Established", "True"],
    ],
  )
  assert.deepEqual(status?.["acceptedNames"], {
    plural: "apples",
    singular: "apple",
    shortNames: ["ap"],
    kind: "Apple",
    listKind: "AppleList",
    categories: ["all"],
  })
  assert.deepEqual(status?.["storedVersions"], ["v1"])
  const { body } = await cluster.send("GET", "/apis/example.com/v1")
  assert.deepEqual(body["resources"], [
    {
      name: "apples",
      singularName: "apple",
      namespaced: true,
      kind: "Apple",
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      shortNames: ["ap"],
      categories: ["all"],
      storageVersionHash: "ojISGEf5ApA=",
    },
  ])
})

test("objects are created, changed, watched and deleted like all others", async () => {
  await establish(cluster, definition("Pear"))
  const created = await cluster.send("POST", within("pears"), object("Pear", "a", { spec: { size: 1 } }))
  assert.deepEqual([created.code, created.body["metadata"]?.["generation"]], [201, 1])
  const since = created.body["metadata"]?.["resourceVersion"]
  const patched = await cluster.send("PATCH", within("pears", "/a"), { spec: { size: 2 } }, MERGE)
  assert.deepEqual([patched.code, patched.body["metadata"]?.["generation"]], [200, 2])
  assert.equal((await cluster.send("DELETE", within("pears", "/a"))).code, 200)
  const events = await cluster.watch(within("pears", `?watch=true&resourceVersion=${since}`), 2)
  assert.deepEqual(
    events.map(({ type, object: one }) => [type, one["spec"]]),
    [
      ["MODIFIED", { size: 2 }],
      ["DELETED", { size: 2 }],
    ],
  )
  assert.equal((await cluster.send("GET", within("pears", "/a"))).code, 404)
})

test("what cannot be done says so", async () => {
  await establish(cluster, definition("Fig"))
  await cluster.send("POST", within("figs"), object("Fig", "a"))
  const strategic = { "content-type": "application/strategic-merge-patch+json" }
  const refused = await cluster.send("PATCH", within("figs", "/a"), {}, strategic)
  assert.equal(refused.code, 415)
  assert.equal(
    refused.body["message"],
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
  )
  const protobuf = "application/vnd.kubernetes.protobuf"
  for (const path of ["", "/a"]) {
    assert.equal((await cluster.send("GET", within("figs", path), undefined, { accept: protobuf })).code, 406)
    const both = await cluster.send("GET", within("figs", path), undefined, { accept: `${protobuf}, application/json` })
    assert.equal(both.headers["content-type"], "application/json")
    const only = `${protobuf};as=PartialObjectMetadata${path === "" ? "List" : ""};g=meta.k8s.io;v=v1`
    const metadata = await cluster.send("GET", within("figs", path), undefined, { accept: only })
    assert.equal(metadata.headers["content-type"], protobuf)
  }
  const unversioned = await cluster.send("PUT", within("figs", "/a"), object("Fig", "a"))
  assert.match(String(unversioned.body["message"]), /metadata.resourceVersion: Invalid value: 0: must be specified/)
})

test("the status has its own path where the version says so", async () => {
  const versions = [{ subresources: { status: {} } }]
  await establish(cluster, definition("Plum", { versions }))
  const sent = object("Plum", "a", { spec: { a: 1 }, status: { ready: true } })
  const created = await cluster.send("POST", within("plums"), sent)
  assert.equal(created.body["status"], undefined)
  const change = { metadata: { labels: { x: "y" } }, spec: { a: 2 }, status: { ready: true } }
  const status = await cluster.send("PATCH", within("plums", "/a/status"), change, MERGE)
  const { metadata } = status.body
  assert.deepEqual(
    [status.body["status"], status.body["spec"], metadata?.["labels"], metadata?.["generation"]],
    [{ ready: true }, { a: 1 }, undefined, 1],
  )
  const main = await cluster.send("PATCH", within("plums", "/a"), { status: { ready: false } }, MERGE)
  assert.deepEqual([main.body["status"], main.body["metadata"]?.["generation"]], [{ ready: true }, 1])
})

test("without a path of its own the status is a member like all others", async () => {
  await establish(cluster, definition("Lime"))
  await cluster.send("POST", within("limes"), object("Lime", "a", { status: { ready: true } }))
  const changed = await cluster.send("PATCH", within("limes", "/a"), { status: { ready: false } }, MERGE)
  assert.deepEqual([changed.body["status"], changed.body["metadata"]?.["generation"]], [{ ready: false }, 2])
})

test("scale reads and writes where the definition says", async () => {
  const scale = {
    specReplicasPath: ".spec.size.count",
    statusReplicasPath: ".status.count",
    labelSelectorPath: ".status.selector",
  }
  await establish(cluster, definition("Kiwi", { versions: [{ subresources: { status: {}, scale } }] }))
  await cluster.send("POST", within("kiwis"), object("Kiwi", "a", { spec: { size: { count: 3 } } }))
  await cluster.send("PATCH", within("kiwis", "/a/status"), { status: { count: 2, selector: "app=a" } }, MERGE)
  const read = await cluster.send("GET", within("kiwis", "/a/scale"))
  assert.equal(read.body["kind"], "Scale")
  assert.deepEqual([read.body["spec"], read.body["status"]], [{ replicas: 3 }, { replicas: 2, selector: "app=a" }])
  const body = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "a" }, spec: { replicas: 9 } }
  assert.equal((await cluster.send("PUT", within("kiwis", "/a/scale"), body)).code, 200)
  await cluster.send("PATCH", within("kiwis", "/a/scale"), { spec: { replicas: 10 } }, MERGE)
  assert.deepEqual((await cluster.send("GET", within("kiwis", "/a"))).body["spec"], { size: { count: 10 } })
  await cluster.send("POST", within("kiwis"), object("Kiwi", "b"))
  const missing = await cluster.send("GET", within("kiwis", "/b/scale"))
  assert.equal(missing.code, 500)
  assert.match(String(missing.body["message"]), /the spec replicas field ".spec.size.count" does not exist/)
})

test("tables have the columns of the version, and fields that it names can be selected", async () => {
  const versions = [
    {
      additionalPrinterColumns: [
        { name: "Color", type: "string", jsonPath: ".spec.color" },
        { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        { name: "Size", type: "integer", jsonPath: ".spec.size", priority: 1, description: "How big." },
      ],
      selectableFields: [{ jsonPath: ".spec.color" }],
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            spec: {
              type: "object",
              properties: { color: { type: "string" } },
              "x-kubernetes-preserve-unknown-fields": true,
            },
            status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          },
        },
      },
    },
  ]
  await establish(cluster, definition("Grape", { versions }))
  const status = { conditions: [{ type: "Ready", status: "True" }] }
  await cluster.send("POST", within("grapes"), object("Grape", "a", { spec: { color: "red", size: 2 }, status }))
  await cluster.send("POST", within("grapes"), object("Grape", "b", { spec: { color: "blue" } }))
  const accept = "application/json;as=Table;g=meta.k8s.io;v=v1"
  const table = await cluster.send("GET", within("grapes"), undefined, { accept })
  const rows = table.body["rows"] as unknown as readonly { readonly cells: unknown }[]
  assert.deepEqual(
    rows.map(({ cells }) => cells),
    [
      ["a", "red", "True", 2],
      ["b", "blue", null, null],
    ],
  )
  const selected = await cluster.send("GET", within("grapes", "?fieldSelector=spec.color%3Dblue"))
  const items = selected.body["items"] as unknown as readonly { readonly metadata: { readonly name: string } }[]
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ["b"],
  )
  const unknown = await cluster.send("GET", within("grapes", "?fieldSelector=spec.size%3D2"))
  assert.deepEqual([unknown.code, unknown.body["message"]], [400, "field label not supported: spec.size"])
})

test("of two definitions that want a name the second waits until it is free", async () => {
  await establish(cluster, definition("Melon", { names: { shortNames: ["mel"] } }))
  const second = definition("Melissa", { names: { shortNames: ["mel"] } })
  await cluster.send("POST", DEFINITIONS, second)
  const path = `${DEFINITIONS}/melissas.example.com`
  const waiting = await cluster.until(path, ({ body }) => conditionsOf(body).length > 0)
  const [names, established] = conditionsOf(waiting.body) as readonly object[]
  const omitTime = (one: object | undefined) => ({ ...one, lastTransitionTime: "" })
  assert.deepEqual(omitTime(names), {
    type: "NamesAccepted",
    status: "False",
    lastTransitionTime: "",
    reason: "ShortNamesConflict",
    message: '"mel" is already in use',
  })
  assert.deepEqual(omitTime(established), {
    type: "Established",
    status: "False",
    lastTransitionTime: "",
    reason: "NotAccepted",
    message: "not all names are accepted",
  })
  assert.equal((await cluster.send("GET", within("melissas"))).code, 404)
  await cluster.send("DELETE", `${DEFINITIONS}/melons.example.com`)
  await cluster.until(path, ({ body }) => isEstablished(body))
  assert.equal((await cluster.send("GET", within("melissas"))).code, 200)
})

test("a definition goes after its objects, and none are created meanwhile", async () => {
  await establish(cluster, definition("Date"))
  const held = { apiVersion: "example.com/v1", kind: "Date", metadata: { name: "a", finalizers: ["example.com/hold"] } }
  await cluster.send("POST", within("dates"), held)
  await cluster.send("POST", within("dates"), object("Date", "b"))
  const path = `${DEFINITIONS}/dates.example.com`
  const deleted = await cluster.send("DELETE", path)
  assert.deepEqual(deleted.body["metadata"]?.["finalizers"], ["customresourcecleanup.apiextensions.k8s.io"])
  const isGone = (reply: { readonly code: number }) => reply.code === 404
  await cluster.until(within("dates", "/b"), isGone)
  const refused = await cluster.send("POST", within("dates"), object("Date", "c"))
  assert.deepEqual(
    [refused.code, refused.body["message"]],
    [403, 'dates.example.com "c" is forbidden: create not allowed while custom resource definition is terminating'],
  )
  await cluster.send("PATCH", within("dates", "/a"), { metadata: { finalizers: null } }, MERGE)
  await cluster.until(path, isGone)
  assert.equal((await cluster.send("GET", within("dates"))).code, 404)
})

test("a change of the schema ends watches and holds for what is stored already", async () => {
  const name = { type: "string", default: "none" }
  const withDefault = {
    openAPIV3Schema: {
      type: "object",
      properties: { spec: { type: "object", default: {}, properties: { name } } },
    },
  }
  await establish(cluster, definition("Olive"))
  await cluster.send("POST", within("olives"), object("Olive", "a", { spec: { other: 1 } }))
  const watch = cluster.watch(within("olives", "?watch=true"), Number.POSITIVE_INFINITY)
  const path = `${DEFINITIONS}/olives.example.com`
  const spec = { versions: [{ name: "v1", served: true, storage: true, schema: withDefault }] }
  assert.equal((await cluster.send("PATCH", path, { spec }, MERGE)).code, 200)
  assert.equal((await watch).length, 1)
  const { body } = await cluster.send("GET", within("olives", "/a"))
  assert.deepEqual(body["spec"], { name: "none" })
})

test("a definition of a resource that is built in leaves it and its objects alone", async () => {
  const made = definition("Lease", { spec: { group: "coordination.k8s.io" } })
  const annotations = { "api-approved.kubernetes.io": "unapproved, a test" }
  const metadata = { name: "leases.coordination.k8s.io", annotations }
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "a" }, spec: {} }
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
  assert.equal((await cluster.send("POST", path, lease)).code, 201)
  await establish(cluster, { ...made, metadata })
  assert.equal((await cluster.send("GET", `${path}/a`)).body["spec"] === undefined, false)
  await cluster.send("DELETE", `${DEFINITIONS}/${metadata.name}`)
  await cluster.until(`${DEFINITIONS}/${metadata.name}`, ({ code }) => code === 404)
  assert.equal((await cluster.send("GET", `${path}/a`)).code, 200)
})

test("what was established before is served again by the time the server is ready", async () => {
  await establish(cluster, definition("Nut"))
  await cluster.send("POST", within("nuts"), object("Nut", "a", { spec: { size: 1 } }))
  await cluster.restart()
  assert.deepEqual((await cluster.send("GET", within("nuts", "/a"))).body["spec"], { size: 1 })
})
