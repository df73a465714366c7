import type { Endpoints } from "../../api/core/v1/endpoints.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { groupKey } from "../endpointslice/endpoints-of.ts"
import { managedByLabel, serviceNameLabel } from "../endpointslice/plan.ts"
import { addressesPerSubsetMax, type Mirrored, type MirroredGroup, mirroredGroups } from "./mirrored-groups.ts"

export const managedBy = "endpointslicemirroring-controller.k8s.io"
export const skipMirrorLabel = "endpointslice.kubernetes.io/skip-mirror"
/** Older leader election keeps its record in an Endpoints object and rewrites it every few seconds. */
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader"
const ownAnnotations: ReadonlySet<string> = new Set([
  "endpoints.kubernetes.io/last-change-trigger-time",
  "kubectl.kubernetes.io/last-applied-configuration",
])

export type Step =
  | { readonly do: "create"; readonly group: MirroredGroup }
  | { readonly do: "update"; readonly slice: EndpointSlice; readonly group: MirroredGroup }
  | { readonly do: "delete"; readonly slice: EndpointSlice }
  | { readonly do: "warn"; readonly reason: string; readonly message: string }

export function shouldMirror({ metadata }: Endpoints): boolean {
  const { labels, annotations } = metadata
  return labels?.[skipMirrorLabel] !== "true" && !Object.hasOwn(annotations ?? {}, leaderAnnotation)
}

/**
 * The fewest changes that make slices say what an Endpoints object says: one slice for each set of ports and address
 * family. A slice of a set of ports that is gone becomes one of a new set.
 */
export function plan(endpoints: Endpoints, slices: readonly EndpointSlice[]): readonly Step[] {
  const mirrored = mirroredGroups(endpoints.subsets ?? [])
  const steps: Step[] = warnings(mirrored)
  const missing: MirroredGroup[] = []
  const byGroup = Map.groupBy(slices, (slice) => groupKey(slice.addressType, slice.ports ?? []))
  for (const group of mirrored.groups) {
    const key = groupKey(group.addressType, group.ports)
    const [slice, ...more] = byGroup.get(key) ?? []
    byGroup.set(key, more)
    if (slice === undefined) missing.push(group)
    else if (!isUpToDate(endpoints, slice, group)) steps.push({ do: "update", slice, group })
  }
  const unused = [...byGroup.values()].flat()
  for (const group of missing) {
    const at = unused.findIndex((slice) => slice.addressType === group.addressType)
    const [slice] = at < 0 ? [] : unused.splice(at, 1)
    if (slice !== undefined) steps.push({ do: "update", slice, group })
    else if (endpoints.metadata.deletionTimestamp === undefined) steps.push({ do: "create", group })
  }
  return [...steps, ...unused.map((slice): Step => ({ do: "delete", slice }))]
}

function warnings({ invalid, tooMany }: Mirrored): Step[] {
  const found: Step[] = []
  if (invalid > 0) {
    const message = `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`
    found.push({ do: "warn", reason: "InvalidIPAddress", message })
  }
  if (tooMany > 0) {
    const message = `A max of ${addressesPerSubsetMax} addresses can be mirrored to EndpointSlices per Endpoints subset. ${invalid + tooMany} addresses were skipped`
    found.push({ do: "warn", reason: "TooManyAddressesToMirror", message })
  }
  return found
}

function isUpToDate(endpoints: Endpoints, { metadata, endpoints: present }: EndpointSlice, group: MirroredGroup) {
  return (
    deepEqual(present, group.endpoints) &&
    deepEqual({ ...metadata.labels }, mirroredLabels(endpoints)) &&
    deepEqual({ ...metadata.annotations }, mirroredAnnotations(endpoints)) &&
    !metadata.ownerReferences?.some(({ kind, uid }) => kind === "Endpoints" && uid !== endpoints.metadata.uid)
  )
}

export function mirroredLabels({ metadata }: Endpoints): Readonly<Record<string, string>> {
  return { ...metadata.labels, [serviceNameLabel]: metadata.name, [managedByLabel]: managedBy }
}

/** All but those that speak of the Endpoints object itself. */
export function mirroredAnnotations({ metadata }: Endpoints): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => !ownAnnotations.has(name)))
}
