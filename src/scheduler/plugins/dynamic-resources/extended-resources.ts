import type { Container } from "../../../api/core/v1/container.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import type { ContainerExtendedResourceRequest } from "../../../api/core/v1/pod-status.ts"
import { isExtended } from "../../../api/core/v1/validation/resources.ts"
import type { DeviceRequest } from "../../../api/resource/v1/device-claim.ts"
import { DEVICE_CLASS_RESOURCE, type DeviceClass } from "../../../api/resource/v1/device-class.ts"
import { parseQuantity, quantityValue } from "../../../machinery/quantity/quantity.ts"

/**
 * Extended resources, such as `example.com/gpu`, that devices of a class stand behind: the pod asks in its containers'
 * requests, and the scheduler makes a claim for it.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#extended-resource
 */

export type ClassOf = (resource: string) => DeviceClass | undefined

/** The class behind each resource name. Of several with the same name the newest counts, then the first by name. */
export function classesByResource(classes: Iterable<DeviceClass>): ReadonlyMap<string, DeviceClass> {
  const found = new Map<string, DeviceClass>()
  for (const one of classes) {
    found.set(DEVICE_CLASS_RESOURCE + one.metadata.name, one)
    const { extendedResourceName: name } = one.spec
    if (name === undefined) continue
    const other = found.get(name)
    if (other === undefined || isPreferred(one, other)) found.set(name, one)
  }
  return found
}

function isPreferred({ metadata }: DeviceClass, { metadata: other }: DeviceClass): boolean {
  const [now, before] = [metadata.creationTimestamp ?? "", other.creationTimestamp ?? ""]
  return now === before ? metadata.name < other.name : now > before
}

export const mayBeBackedByDevices = (resource: string): boolean =>
  isExtended(resource) || resource.startsWith(DEVICE_CLASS_RESOURCE)

export interface ExtendedRequests {
  readonly requests: readonly DeviceRequest[]
  /** Which request stands for which resource of which container. */
  readonly mappings: readonly ContainerExtendedResourceRequest[]
}

interface Numbered {
  readonly index: number
  readonly container: Container
}

/**
 * The requests of the claim for these resources: one for each container that runs as long as the pod does, and one for
 * all init containers together, as far as they need more than what later containers have anyway.
 */
export function requestsFor(pod: Pod, resources: readonly string[], classOf: ClassOf): ExtendedRequests {
  const { initContainers = [], containers } = pod.spec
  const all = [...initContainers, ...containers].map((container, index) => ({ index, container }))
  const isShort = ({ index, container }: Numbered) =>
    index < initContainers.length && container.restartPolicy !== "Always"
  const requests: DeviceRequest[] = []
  const mappings: ContainerExtendedResourceRequest[] = []
  for (const resource of resources.toSorted()) {
    const className = classOf(resource)?.metadata.name
    if (className === undefined) continue
    const long = new Map<number, DeviceRequest>()
    for (const one of all.filter((each) => !isShort(each))) {
      const { request, mapped } = requestOf(one, resource, className, [])
      if (request !== undefined) long.set(one.index, request)
      mappings.push(...mapped)
    }
    const short = all.filter(isShort).map((one) => {
      const later = [...long].filter(([index]) => index >= one.index).map(([, request]) => request)
      return requestOf(one, resource, className, later)
    })
    const largest = short.map(({ request }) => request).reduce(larger, undefined)
    const own = new Set(short.map(({ request }) => request?.name))
    for (const { mapped } of short) {
      // They run one after the other, so the largest request serves all of them.
      mappings.push(
        ...mapped.map((one) => (own.has(one.requestName) ? { ...one, requestName: largest?.name ?? "" } : one)),
      )
    }
    if (largest !== undefined) requests.push(largest)
    requests.push(...long.values())
  }
  return { requests: requests.sort((a, b) => (a.name < b.name ? -1 : 1)), mappings }
}

const countOf = ({ exactly }: DeviceRequest) => exactly?.count ?? 0

function larger(best: DeviceRequest | undefined, request: DeviceRequest | undefined): DeviceRequest | undefined {
  if (best === undefined || request === undefined) return best ?? request
  return countOf(request) > countOf(best) ? request : best
}

/** What the container needs beyond the requests that it can share. */
function requestOf(
  { index, container }: Numbered,
  resource: string,
  className: string,
  reusable: readonly DeviceRequest[],
): { readonly request?: DeviceRequest; readonly mapped: readonly ContainerExtendedResourceRequest[] } {
  const wishes = container.resources?.requests ?? {}
  const wanted = Object.hasOwn(wishes, resource) ? quantityValue(parseQuantity(wishes[resource] ?? "0")) : 0
  if (wanted === 0) return { mapped: [] }
  const mapped: ContainerExtendedResourceRequest[] = []
  const map = (requestName: string) =>
    mapped.push({ containerName: container.name, resourceName: resource, requestName })
  let shared = 0
  for (const request of reusable) {
    shared += countOf(request)
    map(request.name)
    if (shared >= wanted) return { mapped }
  }
  const name = `container-${index}-request-${Object.keys(wishes).sort().indexOf(resource)}`
  map(name)
  const exactly = { deviceClassName: className, allocationMode: "ExactCount", count: wanted - shared }
  return { request: { name, exactly }, mapped }
}
