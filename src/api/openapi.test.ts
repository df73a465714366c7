import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { openapiV2 } from "../machinery/openapi/v2.ts"
import { subresourceKinds } from "./all.ts"
import { everythingDescribed } from "./testing.ts"

/** Facts about the public API; absent outside the project's own machines. */
const REFERENCE = new URL("../../../shared/kubernetes-1.36/definitions.json", import.meta.url)
const skip = existsSync(REFERENCE) ? false : "the reference data is not on this machine"

type Json = { readonly [member: string]: unknown }
/** Kinds that every group has, also the groups with only alpha and beta versions. */
const IN_EVERY_GROUP = new Set([
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
])
/** Stable, but only used by beta versions. */
const USED_BY_BETA = "io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource"
const STABLE = /\.v[12]\.[^.]+$/

// What nodes and pods use is the API of another project.
const known = (await everythingDescribed()).resources.filter(({ group }) => group !== "metrics.k8s.io")
const served = known.filter((resource) => !subresourceKinds.includes(resource))
const ours = openapiV2(served, known)["definitions"] as { readonly [name: string]: Json }
const reference: { readonly [name: string]: Json } = skip ? {} : JSON.parse(readFileSync(REFERENCE, "utf8"))

for (const [name, definition] of Object.entries(ours)) {
  test(`the definition ${name} is Kubernetes'`, { skip }, () => {
    assert.deepEqual(structureOf(definition, name), structureOf(reference[name], name))
  })
}

test("no definition of a stable version is missing", { skip }, () => {
  const missing = Object.keys(reference).filter((name) => STABLE.test(name) && !Object.hasOwn(ours, name))
  assert.deepEqual(missing, [USED_BY_BETA])
})

/** Without descriptions, and with the required members in one order. */
function structureOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => structureOf(item, name))
  if (typeof value !== "object" || value === null) return value
  const found: Record<string, unknown> = Object.create(null)
  for (const [keyword, inner] of Object.entries(value)) {
    if (keyword === "description" && typeof inner === "string") continue
    if (keyword === "x-kubernetes-group-version-kind" && IN_EVERY_GROUP.has(name)) continue
    found[keyword] = keyword === "required" && Array.isArray(inner) ? inner.toSorted() : structureOf(inner, name)
  }
  return found
}
