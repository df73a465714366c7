import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import type { Subresource } from "../machinery/schema/resource.ts"
import { everythingDescribed } from "./testing.ts"

/** What `/api/v1` and each `/apis/GROUP/VERSION` of Kubernetes answer; absent outside the project's own machines. */
const REFERENCE = new URL("../../../shared/kubernetes-1.36/discovery/", import.meta.url)
const skip = existsSync(REFERENCE) ? false : "the reference data is not on this machine"
const STABLE = /__v[12]\.json$/

interface Listed {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}
interface GroupVersion {
  readonly groupVersion: string
  readonly resources: readonly Listed[]
}

const files = skip ? [] : readdirSync(REFERENCE).filter((name) => STABLE.test(name))
const stable = files.map((name): GroupVersion => JSON.parse(readFileSync(new URL(name, REFERENCE), "utf8")))
const { resources } = await everythingDescribed()

for (const { groupVersion, resources: listed } of stable) {
  for (const theirs of listed.filter(({ name }) => !name.includes("/"))) {
    test(`${theirs.name} of ${groupVersion} are served as Kubernetes serves them`, () => {
      const ours = resources.find(({ apiVersion, kind }) => apiVersion === groupVersion && kind === theirs.kind)
      assert.ok(ours, "the kind is not described")
      const found = {
        name: ours.plural,
        singularName: ours.singular,
        namespaced: ours.namespaced,
        verbs: ours.verbs.toSorted(),
        shortNames: ours.shortNames,
        categories: ours.categories,
        subresources: [...ours.subresources].map(([name, one]) => describe(name, ours.kind, one)).sort(byName),
      }
      const { shortNames = [], categories = [], name, singularName, namespaced, verbs } = theirs
      const prefix = `${name}/`
      const subresources = listed
        .filter((one) => one.name.startsWith(prefix))
        .map((one) => describe(one.name.slice(prefix.length), one.kind, one))
        .sort(byName)
      assert.deepEqual(found, {
        name,
        singularName,
        namespaced,
        verbs: verbs.toSorted(),
        shortNames,
        categories,
        subresources,
      })
    })
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)

function describe(
  name: string,
  parentKind: string,
  { kind = parentKind, group, version, verbs }: Omit<Subresource, "verbs"> & { readonly verbs: readonly string[] },
) {
  return { name, kind, group, version, verbs: verbs.toSorted() }
}
