import type { Pod } from "../../../src/api/core/v1/pod.ts"
import type { Service } from "../../../src/api/core/v1/service.ts"
import type { EndpointSlice } from "../../../src/api/discovery/v1/endpoint-slice.ts"
import { broken, type Invariant } from "../invariant.ts"
import { isReady, isTerminating, nameOf, PODS } from "./pods.ts"

interface EndpointsObject {
  readonly subsets?: readonly { readonly addresses?: readonly { readonly ip: string }[] }[]
}

/** At rest, a service's endpoints are its ready pods: in slices as well as in the older kind. */
export function endpoints(): Invariant {
  return {
    name: "endpoints",
    atRest({ record }) {
      for (const service of record.list<Service>("services")) {
        const { metadata, spec } = service
        const { selector } = spec
        if (selector === undefined || metadata.deletionTimestamp !== undefined) continue
        const { name, namespace } = metadata
        const expected = record
          .list<Pod>(PODS)
          .filter((pod) => pod.metadata.namespace === namespace && matches(selector, pod.metadata.labels ?? {}))
          .filter((pod) => isReady(pod) && !isTerminating(pod) && !/Succeeded|Failed/.test(pod.status.phase ?? ""))
          .map(({ status }) => status.podIP ?? "none")
        const slices = record
          .list<EndpointSlice>("endpointslices.discovery.k8s.io")
          .filter((each) => each.metadata.namespace === namespace)
          .filter(
            (each) => new Map(Object.entries(each.metadata.labels ?? {})).get("kubernetes.io/service-name") === name,
          )
        const inSlices = slices
          .flatMap((slice) => slice.endpoints ?? [])
          .filter(({ conditions }) => conditions?.ready)
          .flatMap(({ addresses }) => addresses)
        compare(`slices of ${nameOf(service)}`, inSlices, expected)
        const older = record.get<EndpointsObject>("endpoints", `${namespace}/${name}`)
        const inOlder = (older?.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip))
        compare(`endpoints of ${nameOf(service)}`, inOlder, expected)
      }
    },
  }
}

function matches(
  selector: Readonly<{ [name: string]: string }>,
  labels: Readonly<{ [name: string]: string }>,
): boolean {
  const own = new Map(Object.entries(labels))
  return Object.entries(selector).every(([name, value]) => own.get(name) === value)
}

function compare(what: string, found: readonly string[], expected: readonly string[]): void {
  const [has, wants] = [found, expected].map((list) => list.toSorted().join(" "))
  if (has !== wants) throw broken(`${what} are [${has}], ready pods are [${wants}]`)
}
