import assert from "node:assert/strict"
import { test } from "node:test"
import { internalError, pathNotFound } from "../../machinery/status/errors.ts"
import { findScale } from "./target-scale.ts"

const target = (apiVersion: string, kind: string) => ({ apiVersion, kind, name: "web" })
const served = new Map([
  [
    "/apis/apps/v1",
    [
      { name: "deployments/scale", kind: "Scale" },
      { name: "deployments", kind: "Deployment" },
      { name: "daemonsets", kind: "DaemonSet" },
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
  assert.deepEqual(await findScale(raw(), "n", target("apps/v1", "Deployment")), {
    path: "/apis/apps/v1/namespaces/n/deployments/web/scale",
    resource: "deployments.apps",
    isScalable: true,
  })
  assert.equal((await findScale(raw(), "n", target("apps/v1", "DaemonSet"))).isScalable, false)
})

test("a kind that is not served is told from a server that cannot be asked", async () => {
  const unknown = { message: 'no matches for kind "Deployment" in group "example.com"' }
  await assert.rejects(findScale(raw(), "n", target("example.com/v1", "Deployment")), unknown)
  await assert.rejects(findScale(raw(), "n", target("apps/v1", "Other")), /no matches for kind "Other" in group "apps"/)
  await assert.rejects(findScale(raw(internalError("down")), "n", target("apps/v1", "Deployment")), /down/)
  await assert.rejects(findScale(raw(), "n", target("a/b/c", "X")), {
    message: "unexpected GroupVersion string: a/b/c",
  })
})
