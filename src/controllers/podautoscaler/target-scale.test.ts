import assert from "node:assert/strict"
import { test } from "node:test"
import { internalError, pathNotFound } from "../../machinery/status/errors.ts"
import { scalePathOf } from "./target-scale.ts"

const autoscaler = (apiVersion: string, kind: string) =>
  ({
    metadata: { namespace: "n" },
    spec: { scaleTargetRef: { apiVersion, kind, name: "web" }, maxReplicas: 1 },
  }) as never
const served = new Map([
  [
    "/apis/apps/v1",
    [
      { name: "deployments/scale", kind: "Scale" },
      { name: "deployments", kind: "Deployment" },
    ],
  ],
])
const raw = (failure?: Error) => ({
  raw: {
    get: async (path: string) => {
      if (failure !== undefined) throw failure
      const resources = served.get(path)
      if (resources === undefined) throw pathNotFound()
      return { resources }
    },
    post: () => Promise.reject(new TypeError("nothing is posted")),
    put: () => Promise.reject(new TypeError("nothing is put")),
  },
})

test("the scale of a target is found by its kind", async () => {
  assert.equal(
    await scalePathOf(raw(), autoscaler("apps/v1", "Deployment")),
    "/apis/apps/v1/namespaces/n/deployments/web/scale",
  )
})

test("a kind that is not served is told from a server that cannot be asked", async () => {
  const unknown = { message: 'no matches for kind "Deployment" in group "example.com"' }
  await assert.rejects(scalePathOf(raw(), autoscaler("example.com/v1", "Deployment")), unknown)
  await assert.rejects(
    scalePathOf(raw(), autoscaler("apps/v1", "Other")),
    /no matches for kind "Other" in group "apps"/,
  )
  await assert.rejects(scalePathOf(raw(internalError("down")), autoscaler("apps/v1", "Deployment")), /down/)
  await assert.rejects(scalePathOf(raw(), autoscaler("a/b/c", "X")), {
    message: "unexpected GroupVersion string: a/b/c",
  })
})
