import type { Service } from "../../api/core/v1/service.ts"
import type { Endpoint, EndpointPort, EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { addressTypes, type EndpointGroup, groupKey } from "./endpoints-of.ts"

export const serviceNameLabel = "kubernetes.io/service-name"
export const managedByLabel = "endpointslice.kubernetes.io/managed-by"
export const managedBy = "endpointslice-controller.k8s.io"
export const headlessLabel = "service.kubernetes.io/headless"

/** As Kubernetes: small enough to send often, large enough to keep their number low. */
export const endpointsPerSliceMax = 100

export type Step =
  | {
      readonly do: "create"
      readonly addressType: string
      readonly ports: readonly EndpointPort[]
      readonly endpoints: readonly Endpoint[]
    }
  | { readonly do: "update"; readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }
  | { readonly do: "delete"; readonly slice: EndpointSlice }

/**
 * The fewest slice changes that publish the endpoints: an endpoint stays in the slice where it is, free places are
 * filled before new slices are made, and slices left empty go. A service without endpoints keeps one empty slice per
 * address family, which tells watchers that there are none.
 */
export function plan(
  service: Service,
  groups: readonly EndpointGroup[],
  slices: readonly EndpointSlice[],
): readonly Step[] {
  const steps: Step[] = []
  const byGroup = Map.groupBy(slices, (slice) => groupKey(slice.addressType, slice.ports))
  for (const group of [...groups, ...placeholders(service, groups)]) {
    const key = groupKey(group.addressType, group.ports)
    steps.push(...planGroup(service, group, byGroup.get(key) ?? []))
    byGroup.delete(key)
  }
  for (const unused of byGroup.values()) steps.push(...unused.map((slice): Step => ({ do: "delete", slice })))
  return steps
}

function placeholders(service: Service, groups: readonly EndpointGroup[]): readonly EndpointGroup[] {
  const used = new Set<string>(groups.map((group) => group.addressType))
  return addressTypes(service)
    .filter((addressType) => !used.has(addressType))
    .map((addressType) => ({ addressType, ports: [], endpoints: [] }))
}

function planGroup(service: Service, group: EndpointGroup, slices: readonly EndpointSlice[]): readonly Step[] {
  const wanted = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]))
  const kept = slices.map((slice) => {
    const endpoints: Endpoint[] = []
    for (const endpoint of slice.endpoints) {
      const next = wanted.get(identity(endpoint))
      if (next !== undefined) endpoints.push(next)
      wanted.delete(identity(endpoint))
    }
    return { slice, endpoints }
  })
  const left = [...wanted.values()]
  // The fullest slice is filled first, so that others can empty; what is left then needs new slices.
  for (const { endpoints } of kept.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
    endpoints.push(...left.splice(0, endpointsPerSliceMax - endpoints.length))
  }
  const used = kept.filter(({ endpoints }) => endpoints.length > 0)
  // One empty slice stays when there is nothing to publish.
  const staying = used.length > 0 ? used : kept.slice(0, 1)
  const { addressType, ports } = group
  const steps: Step[] = kept.flatMap((one): Step[] => {
    const { slice, endpoints } = one
    if (!staying.includes(one)) return [{ do: "delete", slice }]
    const same = deepEqual(slice.endpoints, endpoints) && labelsMatch(service, slice)
    return same ? [] : [{ do: "update", slice, endpoints }]
  })
  if (kept.length === 0 && left.length === 0) steps.push({ do: "create", addressType, ports, endpoints: [] })
  while (left.length > 0) {
    steps.push({ do: "create", addressType, ports, endpoints: left.splice(0, endpointsPerSliceMax) })
  }
  return steps
}

function identity(endpoint: Endpoint): string {
  return JSON.stringify([endpoint.addresses, endpoint.targetRef?.uid])
}

/** The labels of a service's slices: its own, and what tells clients whose they are. */
export function sliceLabels(service: Service): Readonly<Record<string, string>> {
  return {
    ...service.metadata.labels,
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
    ...(service.spec.clusterIP === "None" && { [headlessLabel]: "" }),
  }
}

function labelsMatch(service: Service, slice: EndpointSlice): boolean {
  return deepEqual(sliceLabels(service), { ...slice.metadata.labels })
}
