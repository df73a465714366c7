import { createHash } from "node:crypto"
import { compareKeys } from "../../machinery/json/key-order.ts"
import type { APIResource } from "../../machinery/meta/discovery.ts"
import type { AnyResource, Verb } from "../../machinery/schema/resource.ts"
import { otherForms } from "../resources/other-forms.ts"

/** The resources and subresources of one group and version, by name, as `/apis/GROUP/VERSION` lists them. */
export function apiResources(resources: readonly AnyResource[]): APIResource[] {
  const all = resources.flatMap((resource) => [
    withoutEmpty({
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: listedVerbs(resource),
      shortNames: resource.shortNames,
      categories: resource.categories,
      storageVersionHash: isStored(resource) ? storageVersionHash(storageForm(resource)) : "",
    }),
    ...[...resource.subresources].map(([name, { verbs, kind = resource.kind, group = "", version = "" }]) =>
      withoutEmpty({
        name: `${resource.plural}/${name}`,
        singularName: "",
        namespaced: resource.namespaced,
        group,
        version,
        kind,
        verbs: verbs.toSorted(),
      }),
    ),
  ])
  return all.toSorted((a, b) => compareKeys(a.name, b.name))
}

/** Nothing may be created or changed in a resource that is going away, although changes are still accepted. */
const ENDING_VERBS: readonly Verb[] = ["delete", "deletecollection", "get", "list", "watch"]

export function listedVerbs({ verbs, ending }: AnyResource): readonly Verb[] {
  return ending ? ENDING_VERBS : verbs.toSorted()
}

/** Reviews and the like are answered, not kept. */
const isStored = (resource: AnyResource): boolean => resource.verbs.includes("watch")

/** Forms of one kind of object, such as events of both groups, are stored as one. */
const storageForm = (resource: AnyResource): AnyResource => otherForms.get(resource)?.storage ?? resource

/** Tells clients whether two paths lead to the same stored objects. */
function storageVersionHash({ group, version, storageVersion = version, kind }: AnyResource): string {
  return createHash("sha256").update(`${group}/${storageVersion}/${kind}`).digest().subarray(0, 8).toString("base64")
}

const REQUIRED = new Set(["name", "singularName", "namespaced", "kind", "verbs"])

function withoutEmpty<T extends object>(value: T): T {
  const kept = Object.entries(value).filter(([name, part]) => {
    return REQUIRED.has(name) || (Array.isArray(part) ? part.length > 0 : part !== "")
  })
  return Object.fromEntries(kept) as T
}
