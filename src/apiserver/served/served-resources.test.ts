import assert from "node:assert/strict"
import { test } from "node:test"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { servedGroups } from "./groups.ts"
import { type ForeignGroupVersion, ServedResources } from "./served-resources.ts"

const custom = (version: string, plural: string): AnyResource => ({
  ...ConfigMap,
  group: "example.com",
  version,
  apiVersion: `example.com/${version}`,
  plural,
})
const foreign: ForeignGroupVersion = {
  priority: { group: 2000, version: 15 },
  handle: async () => ({ type: "taken" }),
  discovery: [],
  freshness: "Current",
}

test("tells which groups and versions a change is about, and leaves the others as they were", () => {
  const served = new ServedResources([ConfigMap, Deployment])
  const told: (readonly string[])[] = []
  const end = served.onChange((groupVersions) => told.push(groupVersions))
  const apps = served.get("apps/v1")
  served.set("foos", [custom("v1", "foos"), custom("v2", "foos")])
  served.set("foos", [custom("v2", "foos")])
  end()
  served.set("foos", [])
  assert.deepEqual(told, [
    ["example.com/v1", "example.com/v2"],
    ["example.com/v1", "example.com/v2"],
  ])
  assert.equal(served.get("apps/v1"), apps)
  assert.equal(served.get("example.com/v2"), undefined)
})

test("finds the resources of every owner, the older one where two claim a path", () => {
  const served = new ServedResources([ConfigMap])
  const [first, second, other] = [custom("v1", "foos"), custom("v1", "foos"), custom("v1", "bars")]
  served.set("first", [first])
  served.set("second", [second, other])
  assert.equal(served.find("example.com", "v1", "foos"), first)
  assert.equal(served.find("example.com", "v1", "bars"), other)
  served.set("first", [])
  assert.equal(served.find("example.com", "v1", "foos"), second)
})

test("lets another server answer for a whole version, until it no longer does", () => {
  const served = new ServedResources([ConfigMap])
  served.set("foos", [custom("v1", "foos")])
  served.setForeign("example.com/v1", foreign)
  assert.equal(served.find("example.com", "v1", "foos"), undefined)
  assert.equal(served.get("example.com/v1")?.foreign, foreign)
  served.setForeign("example.com/v1", undefined)
  assert.equal(served.find("example.com", "v1", "foos")?.plural, "foos")
})

test("orders groups by priority, then by name, and versions by how stable they are", () => {
  const served = new ServedResources([ConfigMap, Deployment])
  served.set("foos", [custom("v1beta1", "foos"), custom("v1", "foos"), custom("v2alpha1", "foos")])
  served.setForeign("metrics.k8s.io/v1", foreign)
  const names = servedGroups(served.all).map(({ name, versions }) => [name, versions.map(({ version }) => version)])
  assert.deepEqual(names, [
    ["", ["v1"]],
    ["apps", ["v1"]],
    ["metrics.k8s.io", ["v1"]],
    ["example.com", ["v1", "v1beta1", "v2alpha1"]],
  ])
})
