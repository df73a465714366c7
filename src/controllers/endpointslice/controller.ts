import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { type Key, keyOf, splitKey } from "../../client/informer.ts"
import { selectLabels } from "../../machinery/selectors/label-selector.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNamespaceTerminating, isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { controllerReference } from "../pods/claim.ts"
import { addressTypes, type EndpointGroup, groupEndpoints } from "./endpoints-of.ts"
import { managedBy, managedByLabel, plan, type Step, serviceNameLabel, sliceLabels } from "./plan.ts"
import { servicesSelecting } from "./services-selecting.ts"
import { isTopologyAware, shareOut, topologyPart, zoneShares } from "./topology.ts"

/** Publishes the addresses of a service's pods as EndpointSlices. */
export const endpointSliceController = defineController({
  name: "endpointslice-controller",
  eventSource: "endpoint-slice-controller",
  reads: [Service, Pod, Node, EndpointSlice],
  writes: [{ resource: EndpointSlice, verbs: ["create", "update", "delete"] }],
  start(context) {
    context.informer(Pod).addIndex("namespace", (pod) => [pod.metadata.namespace])
    context.informer(EndpointSlice).addIndex("service", (slice) => serviceKeyOf(slice))
    context.enqueueOn(Service)
    context.enqueueOn(Pod, (change) => servicesSelecting(context, change))
    context.enqueueOn(EndpointSlice, ({ object }) => serviceKeyOf(object))
    context.enqueueOn(Node, (change) => {
      const same = change.type === "updated" && topologyPart(change.object) === topologyPart(change.previous)
      return same ? [] : context.informer(Service).list().filter(isTopologyAware).map(keyOf)
    })
    /** Services whose endpoints are shared out among zones, by address family. */
    const aware = new Set<string>()
    return (key) => reconcile(context, key, aware)
  },
})

function serviceKeyOf(slice: EndpointSlice): readonly Key[] {
  const labels = slice.metadata.labels ?? {}
  const service = labels[serviceNameLabel]
  if (service === undefined || labels[managedByLabel] !== managedBy) return []
  return [`${slice.metadata.namespace}/${service}`]
}

async function reconcile(context: ControllerContext, key: Key, aware: Set<string>): Promise<void> {
  const service = context.informer(Service).get(key)
  const slices = context.informer(EndpointSlice).indexed("service", key)
  const slicesClient = context.client.of(EndpointSlice)
  // The garbage collector removes the slices of a service that is gone. A service without selector has none of ours.
  const { selector } = service?.spec ?? {}
  if (service === undefined) for (const addressType of ["IPv4", "IPv6"]) aware.delete(`${addressType} ${key}`)
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return
  if (selector === undefined || service.spec.type === "ExternalName") {
    for (const slice of slices) await slicesClient.delete(slice.metadata).catch(ignoreNotFound)
    return
  }
  const matching = selectLabels(selector)
  const pods = context
    .informer(Pod)
    .indexed("namespace", splitKey(key).namespace)
    .filter((pod) => matching.matches(pod.metadata.labels))
  const nodes = new Map(
    context
      .informer(Node)
      .list()
      .map((node) => [node.metadata.name, node]),
  )
  const staying = slices.filter((slice) => slice.metadata.deletionTimestamp === undefined)
  const groups = withTopology(context, service, groupEndpoints(service, pods, nodes), aware)
  for (const step of plan(service, groups, staying)) {
    try {
      await carryOut(context, service, step)
    } catch (error) {
      // Everything else of the service will go with its namespace, too.
      if (isNamespaceTerminating(error)) return
      context.events.record(service, "Warning", "FailedToUpdateEndpointSlices", failureText(service, step, error))
      throw error
    }
  }
}

/** Shares the endpoints out among zones when the service asks for it, and says when that begins or ends. */
function withTopology(
  { events, informer }: ControllerContext,
  service: Service,
  groups: readonly EndpointGroup[],
  aware: Set<string>,
): readonly EndpointGroup[] {
  const isAsked = isTopologyAware(service)
  const shares = isAsked ? zoneShares(informer(Node).list()) : undefined
  return addressTypes(service).flatMap((addressType) => {
    const own = groups.filter((group) => group.addressType === addressType)
    const id = `${addressType} ${keyOf(service)}`
    const disable = (why: string) => {
      aware.delete(id)
      events.record(service, "Warning", "TopologyAwareHintsDisabled", `${why}, addressType: ${addressType}`)
      return own
    }
    if (!isAsked) return aware.has(id) ? disable("Topology Aware Hints has been disabled") : own
    const shared = shareOut(
      own.flatMap(({ endpoints }) => endpoints),
      shares,
    )
    if ("problem" in shared) return disable(shared.problem)
    if (!aware.has(id)) {
      const message = `Topology Aware Hints has been enabled, addressType: ${addressType}`
      events.record(service, "Normal", "TopologyAwareHintsEnabled", message)
      aware.add(id)
    }
    return own.map((group) => ({
      ...group,
      endpoints: group.endpoints.map((endpoint) => {
        const zone = shared.zones.get(endpoint)
        return zone === undefined ? endpoint : { ...endpoint, hints: { forZones: [{ name: zone }] } }
      }),
    }))
  })
}

function failureText({ metadata }: Service, step: Step, error: unknown): string {
  const of = `${metadata.namespace}/${metadata.name}`
  const slice = step.do === "create" ? "" : `${step.slice.metadata.name} `
  const cause = `failed to ${step.do} ${slice}EndpointSlice for Service ${of}: ${messageOf(error)}`
  return `Error updating Endpoint Slices for Service ${of}: ${cause}`
}

async function carryOut({ client }: ControllerContext, service: Service, step: Step): Promise<void> {
  const slices = client.of(EndpointSlice)
  switch (step.do) {
    case "create": {
      const { name, namespace } = service.metadata
      await slices.create({
        metadata: {
          generateName: `${name}-`,
          namespace,
          labels: sliceLabels(service),
          ownerReferences: [controllerReference(service)],
        },
        addressType: step.addressType,
        ports: step.ports,
        endpoints: step.endpoints,
      })
      return
    }
    case "update": {
      const { slice, endpoints } = step
      await slices.update({ ...slice, metadata: { ...slice.metadata, labels: sliceLabels(service) }, endpoints })
      return
    }
    case "delete":
      await slices.delete(step.slice.metadata).catch(ignoreNotFound)
  }
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error
}
