import assert from "node:assert/strict"
import { test } from "node:test"
import { fromAggregated, fromResourceList } from "./read-discovery.ts"
import { AGGREGATED, RESOURCES } from "./testing.ts"

test("the list of one version tells the same as the list of all", () => {
  assert.deepEqual(fromResourceList(RESOURCES), fromAggregated(AGGREGATED).get("toys.example.com/v1"))
})

test("a subresource without its resource still shows that there is one", () => {
  const resources = [
    { name: "lost/part/of", namespaced: true, kind: "Part", group: "g", version: "v1", verbs: ["get"] },
  ]
  assert.deepEqual(fromResourceList({ resources }), [
    {
      resource: "lost",
      responseKind: { group: "", version: "", kind: "" },
      scope: "Namespaced",
      singularResource: "",
      verbs: [],
      subresources: [
        { subresource: "part/of", responseKind: { group: "g", version: "v1", kind: "Part" }, verbs: ["get"] },
      ],
    },
  ])
})

test("what is not as it should be is left out", () => {
  const resources = [
    { resource: "a", verbs: "get", scope: 7, shortNames: [1, "s"], subresources: {}, secret: true },
    "b",
  ]
  const document = { items: [{ versions: [{ version: "v1", resources }] }, null] }
  const resource = { resource: "a", singularResource: "", scope: "Cluster", verbs: [], shortNames: ["s"] }
  const expected = [{ ...resource, responseKind: { group: "", version: "", kind: "" } }]
  assert.deepEqual([...fromAggregated(document)], [["v1", expected]])
  assert.deepEqual([...fromAggregated("nothing")], [])
})
