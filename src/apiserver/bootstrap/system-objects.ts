import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { PriorityClass } from "../../api/scheduling/v1/priority-class.ts"
import type { Client } from "../../client/client.ts"
import { familyOf, gatewayOf } from "../../machinery/net/cidr.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { isConflict } from "../../machinery/status/predicates.ts"
import type { Platform } from "../../platform/platform.ts"
import { ensureObject } from "./ensure.ts"
import { keep } from "./keep.ts"

/** What every cluster has from the beginning. */

const NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"]
const HTTPS_PORT = 443
const SYSTEM_CRITICAL = 2_000_000_000
const PRIORITY_CLASSES = [
  {
    name: "system-node-critical",
    value: SYSTEM_CRITICAL + 1000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
  {
    name: "system-cluster-critical",
    value: SYSTEM_CRITICAL,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
]

export interface SystemObjects {
  /** Where pods reach this API server: an address of the first family, and the port it listens on. */
  readonly advertise: { readonly address: string; readonly port: number }
  /** One, or one of each family; in the first the Service `kubernetes` has its address. */
  readonly serviceCidrs: readonly string[]
}

/** Creates and corrects them. `client` must be allowed to do anything. May be repeated. */
export async function ensureSystemObjects(client: Client, options: SystemObjects): Promise<void> {
  await Promise.all(NAMESPACES.map((name) => ensureObject(client, Namespace, { metadata: { name } })))
  await Promise.all([
    ...PRIORITY_CLASSES.map(({ name, value, description }) =>
      ensureObject(client, PriorityClass, { metadata: { name }, value, description }),
    ),
    ensureApiService(client, options),
    ensureServiceRange(client, options.serviceCidrs),
  ])
}

/** Where the parts of the Service `kubernetes` are, and a namespace that can be deleted. */
const KEPT = [
  { resource: Service, scope: { namespace: "default", fieldSelector: "metadata.name=kubernetes" } },
  { resource: Endpoints, scope: { namespace: "default", fieldSelector: "metadata.name=kubernetes" } },
  { resource: EndpointSlice, scope: { namespace: "default", fieldSelector: "metadata.name=kubernetes" } },
  { resource: Namespace, scope: { fieldSelector: "metadata.name=kube-node-lease" } },
] as const

/** Makes them again when somebody deletes them, as `kubectl delete all --all` does, until it is closed. */
export function keepSystemObjects(
  client: Client,
  options: SystemObjects,
  platform: Pick<Platform, "clock" | "log">,
): { close(): void } {
  return keep(client, {
    name: "what every cluster has",
    platform,
    watched: KEPT,
    concerns: (type) => type === "deleted",
    ensure: () => ensureSystemObjects(client, options),
  })
}

/** The ServiceCIDR `kubernetes`, from which this server gives services their addresses. */
async function ensureServiceRange(client: Client, cidrs: readonly string[]): Promise<void> {
  const name = "kubernetes"
  await ensureObject(client, ServiceCIDR, { metadata: { name }, spec: { cidrs } })
  const range = await client.of(ServiceCIDR).get({ name })
  const { conditions = [] } = range.status
  const isKnown = conditions.some(({ type }) => type === "Ready")
  // One that somebody made with another range says nothing about ours.
  if (isKnown || range.metadata.deletionTimestamp !== undefined || !deepEqual(range.spec.cidrs, cidrs)) return
  const ready = {
    type: "Ready",
    status: "True",
    lastTransitionTime: range.metadata.creationTimestamp,
    reason: "",
    message: "Kubernetes default Service CIDR is ready",
  }
  try {
    await client.of(ServiceCIDR).updateStatus({ ...range, status: { conditions: [...conditions, ready] } })
  } catch (error) {
    // Another server says the same at this moment.
    if (!isConflict(error)) throw error
  }
}

/** The Service `kubernetes`, through which pods reach the API. */
async function ensureApiService(
  client: Client,
  { advertise, serviceCidrs: [serviceCidr = ""] }: SystemObjects,
): Promise<void> {
  const metadata = { name: "kubernetes", namespace: "default" }
  const { address, port } = advertise
  const ports = [{ name: "https", port: HTTPS_PORT, protocol: "TCP" as const, targetPort: port }]
  const clusterIP = gatewayOf(serviceCidr)
  await ensureObject(
    client,
    Service,
    {
      metadata: { ...metadata, labels: { component: "apiserver", provider: "kubernetes" } },
      spec: { type: "ClusterIP", clusterIP, sessionAffinity: "None", ports },
    },
    {
      correct: (found) =>
        deepEqual(found.spec.ports, ports) ? undefined : { ...found, spec: { ...found.spec, ports } },
    },
  )
  const endpointPorts = [{ name: "https", port, protocol: "TCP" as const }]
  const subsets = [{ addresses: [{ ip: address }], ports: endpointPorts }]
  await ensureObject(
    client,
    Endpoints,
    // Its slice is written here, so nobody else shall mirror it.
    { metadata: { ...metadata, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } }, subsets },
    { correct: (found) => (deepEqual(found.subsets, subsets) ? undefined : { ...found, subsets }) },
  )
  const endpoints = [{ addresses: [address], conditions: { ready: true } }]
  await ensureObject(
    client,
    EndpointSlice,
    {
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kubernetes" } },
      addressType: familyOf(address),
      endpoints,
      ports: endpointPorts,
    },
    {
      correct: (found) =>
        deepEqual(found.endpoints, endpoints) && deepEqual(found.ports, endpointPorts)
          ? undefined
          : { ...found, endpoints, ports: endpointPorts },
    },
  )
}
