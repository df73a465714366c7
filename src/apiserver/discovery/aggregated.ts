import { compareKeys } from "../../machinery/json/key-order.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { parseAccept } from "../negotiation/accept.ts"
import type { ServedGroup } from "./groups.ts"

/** All groups with all their resources in one document. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */

export type AggregatedVersion = "v2" | "v2beta1"

export function aggregatedType(version: AggregatedVersion): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
}

export function groupDiscoveryList(groups: readonly ServedGroup[], version: AggregatedVersion) {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === "" ? {} : { name },
      versions: versions.map((one) => ({
        version: one.version,
        resources: one.resources.toSorted((a, b) => compareKeys(a.plural, b.plural)).map(resourceDiscovery),
        freshness: "Current",
      })),
    })),
  }
}

function resourceDiscovery(resource: AnyResource) {
  const { plural, kind, namespaced, singular, verbs, shortNames, categories, subresources } = resource
  const parts = [...subresources].toSorted(([a], [b]) => compareKeys(a, b))
  return {
    resource: plural,
    // Empty: the group and version that the resource is listed under.
    responseKind: { group: "", version: "", kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: verbs.toSorted(),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(parts.length > 0 && {
      subresources: parts.map(([subresource, own]) => ({
        subresource,
        responseKind: { group: own.group ?? "", version: own.version ?? "", kind: own.kind ?? kind },
        verbs: own.verbs.toSorted(),
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
