import { isObject } from "../../machinery/patch/structure.ts"

/** Reads what other servers say they serve. Of what they send only what has its proper form is passed on. */

interface ResponseKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}
interface DiscoveredSubresource {
  readonly subresource: string
  readonly responseKind: ResponseKind
  readonly acceptedTypes?: readonly ResponseKind[]
  readonly verbs: readonly string[]
}
/** As aggregated discovery writes it. */
export interface DiscoveredResource {
  readonly resource: string
  readonly responseKind: ResponseKind
  readonly scope: "Namespaced" | "Cluster"
  readonly singularResource: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly DiscoveredSubresource[]
}

/** An APIGroupDiscoveryList, as resources by `group/version`. */
export function fromAggregated(document: unknown): Map<string, readonly DiscoveredResource[]> {
  const all = new Map<string, readonly DiscoveredResource[]>()
  for (const group of items(document, "items")) {
    const name = text(isObject(group["metadata"]) ? group["metadata"] : {}, "name")
    for (const version of items(group, "versions")) {
      const own = text(version, "version")
      all.set(name === "" ? own : `${name}/${own}`, items(version, "resources").map(resourceOf))
    }
  }
  return all
}

/** An APIResourceList. A subresource without its resource still shows that there is one. */
export function fromResourceList(document: unknown): DiscoveredResource[] {
  const found = new Map<string, DiscoveredResource>()
  const list = items(document, "resources")
  for (const one of list) {
    const name = text(one, "name")
    if (!name.includes("/"))
      found.set(name, { ...plain(one), resource: name, singularResource: text(one, "singularName") })
  }
  for (const one of list) {
    const [parent = "", ...rest] = text(one, "name").split("/")
    if (rest.length === 0) continue
    const known = found.get(parent) ?? { ...orphan, resource: parent, scope: scopeOf(one) }
    const part = { subresource: rest.join("/"), responseKind: kindOf(one), verbs: texts(one, "verbs") }
    found.set(parent, { ...known, subresources: [...(known.subresources ?? []), part] })
  }
  return [...found.values()]
}

const NO_KIND: ResponseKind = { group: "", version: "", kind: "" }
const orphan = { responseKind: NO_KIND, singularResource: "", verbs: [] }

type Json = Readonly<Record<string, unknown>>

function plain(one: Json): Omit<DiscoveredResource, "resource" | "singularResource"> {
  return { responseKind: kindOf(one), scope: scopeOf(one), verbs: texts(one, "verbs"), ...names(one) }
}

function resourceOf(one: Json): DiscoveredResource {
  const parts = items(one, "subresources").map((part) => {
    const accepted = items(part, "acceptedTypes").map(kindOf)
    return {
      subresource: text(part, "subresource"),
      responseKind: kindIn(part),
      ...(accepted.length > 0 && { acceptedTypes: accepted }),
      verbs: texts(part, "verbs"),
    }
  })
  return {
    resource: text(one, "resource"),
    responseKind: kindIn(one),
    scope: one["scope"] === "Namespaced" ? "Namespaced" : "Cluster",
    singularResource: text(one, "singularResource"),
    verbs: texts(one, "verbs"),
    ...names(one),
    ...(parts.length > 0 && { subresources: parts }),
  }
}

function names(one: Json) {
  const [shortNames, categories] = [texts(one, "shortNames"), texts(one, "categories")]
  return { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) }
}

const scopeOf = (one: Json) => (one["namespaced"] === true ? ("Namespaced" as const) : ("Cluster" as const))
const kindOf = (one: Json): ResponseKind => ({
  group: text(one, "group"),
  version: text(one, "version"),
  kind: text(one, "kind"),
})
// Old clients fail without one.
const kindIn = (one: Json): ResponseKind => (isObject(one["responseKind"]) ? kindOf(one["responseKind"]) : NO_KIND)

function items(value: unknown, name: string): readonly Json[] {
  const list = isObject(value) ? value[name] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}
function text(value: Json, name: string): string {
  const found = value[name]
  return typeof found === "string" ? found : ""
}
function texts(value: Json, name: string): readonly string[] {
  const list = value[name]
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : []
}
