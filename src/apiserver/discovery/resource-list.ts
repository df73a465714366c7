import { createHash } from "node:crypto"
import { compareKeys } from "../../machinery/json/key-order.ts"
import type { APIResource } from "../../machinery/meta/discovery.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { otherForms } from "../resources/other-forms.ts"

/** The resources and subresources of one group and version, by name, as `/apis/GROUP/VERSION` lists them. */
export function apiResources(resources: readonly AnyResource[]): APIResource[] {
  const all = resources.flatMap((resource) => [
    withoutEmpty({
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs.toSorted(),
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

/** Reviews and the like are answered, not kept. */
const isStored = (resource: AnyResource): boolean => resource.verbs.includes("watch")

/** Forms of one kind of object, such as events of both groups, are stored as one. */
const storageForm = (resource: AnyResource): AnyResource => otherForms.get(resource)?.storage ?? resource

/** Kinds that Kubernetes 1.36 still stores in an older version: their hashes are to be equal to its. */
const OLDER_VERSION = new Map([
  ["MutatingAdmissionPolicy", "v1beta1"],
  ["MutatingAdmissionPolicyBinding", "v1beta1"],
])

/** Tells clients whether two paths lead to the same stored objects. */
function storageVersionHash({ group, version, kind }: AnyResource): string {
  const stored = group === "admissionregistration.k8s.io" ? (OLDER_VERSION.get(kind) ?? version) : version
  return createHash("sha256").update(`${group}/${stored}/${kind}`).digest().subarray(0, 8).toString("base64")
}

const REQUIRED = new Set(["name", "singularName", "namespaced", "kind", "verbs"])

function withoutEmpty<T extends object>(value: T): T {
  const kept = Object.entries(value).filter(([name, part]) => {
    return REQUIRED.has(name) || (Array.isArray(part) ? part.length > 0 : part !== "")
  })
  return Object.fromEntries(kept) as T
}
