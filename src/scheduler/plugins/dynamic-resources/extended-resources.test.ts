import assert from "node:assert/strict"
import { test } from "node:test"
import { pod } from "../../testing.ts"
import { classesByResource, requestsFor } from "./extended-resources.ts"
import { deviceClass } from "./testing.ts"

const GPU = "example.com/gpu"
const container = (name: string, count: number, more: object = {}) => ({
  name,
  resources: { requests: { cpu: "1", [GPU]: String(count) } },
  ...more,
})

function asked(containers: readonly object[], initContainers: readonly object[] = []) {
  const tried = pod("p", { containers, initContainers } as never)
  const { requests, mappings } = requestsFor(tried, [GPU], () => deviceClass("gpu"))
  return {
    requests: requests.map(({ name, exactly }) => `${name} ${exactly?.count}`),
    mappings: mappings.map(({ containerName, requestName }) => `${containerName}: ${requestName}`),
  }
}

test("each container asks for what it needs", () => {
  assert.deepEqual(asked([container("a", 1), container("b", 0), container("c", 2)]), {
    requests: ["container-0-request-1 1", "container-2-request-1 2"],
    mappings: ["a: container-0-request-1", "c: container-2-request-1"],
  })
})

test("init containers use what later containers have, and share the rest", () => {
  assert.deepEqual(asked([container("main", 2)], [container("one", 3), container("two", 5), container("three", 1)]), {
    requests: ["container-1-request-1 3", "container-3-request-1 2"],
    mappings: [
      "main: container-3-request-1",
      "one: container-3-request-1",
      "one: container-1-request-1",
      "two: container-3-request-1",
      "two: container-1-request-1",
      "three: container-3-request-1",
    ],
  })
})

test("a sidecar has its own, which only init containers before it can use", () => {
  const sidecar = container("sidecar", 1, { restartPolicy: "Always" })
  assert.deepEqual(asked([], [container("before", 1), sidecar, container("after", 1)]), {
    requests: ["container-1-request-1 1", "container-2-request-1 1"],
    mappings: ["sidecar: container-1-request-1", "before: container-1-request-1", "after: container-2-request-1"],
  })
})

test("the newest class stands behind a resource, and each behind its own name", () => {
  const [old, young] = ["old", "young"].map((name, year) => {
    const { metadata, spec } = deviceClass(name, { extendedResourceName: GPU })
    return { spec, metadata: { ...metadata, creationTimestamp: `202${year}-01-01T00:00:00Z` } }
  }) as unknown as ReturnType<typeof deviceClass>[]
  const classes = classesByResource([young, old].flatMap((one) => one ?? []))
  assert.equal(classes.get(GPU)?.metadata.name, "young")
  assert.equal(classes.get("deviceclass.resource.kubernetes.io/old")?.metadata.name, "old")
})
