import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { openapiV2 } from "../machinery/openapi/v2.ts"
import { builtinResources, subresourceKinds } from "./all.ts"

/** Facts about the public API; absent outside the project's own machines. */
const REFERENCE = new URL("../../../shared/kubernetes-1.36/definitions.json", import.meta.url)
const skip = existsSync(REFERENCE) ? false : "the reference data is not on this machine"

type Json = { readonly [member: string]: unknown }
/** Kinds that every group has; ours has fewer groups. */
const IN_EVERY_GROUP = new Set([
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
])

const known = [...builtinResources, ...subresourceKinds]
const ours = openapiV2(builtinResources, known)["definitions"] as { readonly [name: string]: Json }
const reference: { readonly [name: string]: Json } = skip ? {} : JSON.parse(readFileSync(REFERENCE, "utf8"))

for (const [name, definition] of Object.entries(ours)) {
  test(`the definition ${name} is Kubernetes'`, { skip }, () => {
    assert.deepEqual(structureOf(definition, name), structureOf(reference[name], name))
  })
}

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
