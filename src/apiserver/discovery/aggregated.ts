import { parseAccept } from "../../machinery/http/accept-header.ts"
import { compareKeys } from "../../machinery/json/key-order.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { ServedGroup } from "../served/groups.ts"
import type { ServedGroupVersion } from "../served/served-resources.ts"
import { listedVerbs } from "./resource-list.ts"

/** All groups with all their resources in one document. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */

export type AggregatedVersion = "v2" | "v2beta1"

export function aggregatedType(version: AggregatedVersion): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
}

/** The document as text: of a change in one group and version only that part is made again. */
export function groupDiscoveryList(groups: readonly ServedGroup[], version: AggregatedVersion): Uint8Array {
  const head = { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {} }
  const items = groups.map(({ name, versions }) => {
    const metadata = JSON.stringify(name === "" ? {} : { name })
    return `{"metadata":${metadata},"versions":[${versions.map(versionText).join(",")}]}`
  })
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[${items.join(",")}]}`)
}

const versionTexts = new WeakMap<ServedGroupVersion, string>()

function versionText(served: ServedGroupVersion): string {
  let text = versionTexts.get(served)
  if (text === undefined) versionTexts.set(served, (text = JSON.stringify(versionDiscovery(served))))
  return text
}

function versionDiscovery({ version, resources, foreign }: ServedGroupVersion) {
  if (foreign !== undefined) return { version, resources: foreign.discovery, freshness: foreign.freshness }
  const sorted = resources.toSorted((a, b) => compareKeys(a.plural, b.plural))
  return { version, resources: sorted.map(resourceDiscovery), freshness: "Current" }
}

function resourceDiscovery(resource: AnyResource) {
  const { group, version, plural, kind, namespaced, singular, shortNames, categories, subresources } = resource
  // Empty: the group and version that the resource is listed under. Kubernetes writes them out for custom resources.
  const own = resource.struct.form === undefined ? { group: "", version: "" } : { group, version }
  const parts = [...subresources].toSorted(([a], [b]) => compareKeys(a, b))
  return {
    resource: plural,
    responseKind: { ...own, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: listedVerbs(resource),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(parts.length > 0 && {
      subresources: parts.map(([subresource, part]) => ({
        subresource,
        responseKind: { group: part.group ?? own.group, version: part.version ?? own.version, kind: part.kind ?? kind },
        verbs: part.verbs.toSorted(),
      })),
    }),
  }
}

/** Which aggregated form the client wants most, if it wants one before the plain form. */
export function wantedAggregation(accept: string | undefined): AggregatedVersion | undefined {
  if (accept === undefined || !accept.includes("APIGroupDiscoveryList")) return undefined
  for (const { type, parameters, quality } of parseAccept(accept)) {
    if (quality === 0 || (type !== "application/json" && type !== "application/*" && type !== "*/*")) continue
    const kind = parameters.get("as")
    if (kind === undefined) return undefined
    const version = parameters.get("v")
    const isKnown = kind === "APIGroupDiscoveryList" && parameters.get("g") === "apidiscovery.k8s.io"
    if (isKnown && (version === "v2" || version === "v2beta1")) return version
  }
  return undefined
}
