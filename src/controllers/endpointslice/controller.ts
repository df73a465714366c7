import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { type Key, splitKey } from "../../client/informer.ts"
import { selectLabels } from "../../machinery/selectors/label-selector.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { controllerReference } from "../pods/claim.ts"
import { groupEndpoints } from "./endpoints-of.ts"
import { managedBy, managedByLabel, plan, type Step, serviceNameLabel, sliceLabels } from "./plan.ts"
import { servicesSelecting } from "./services-selecting.ts"

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
    return (key) => reconcile(context, key)
  },
})

function serviceKeyOf(slice: EndpointSlice): readonly Key[] {
  const labels = slice.metadata.labels ?? {}
  const service = labels[serviceNameLabel]
  if (service === undefined || labels[managedByLabel] !== managedBy) return []
  return [`${slice.metadata.namespace}/${service}`]
}

async function reconcile(context: ControllerContext, key: Key): Promise<void> {
  const service = context.informer(Service).get(key)
  const slices = context.informer(EndpointSlice).indexed("service", key)
  const slicesClient = context.client.of(EndpointSlice)
  // The garbage collector removes the slices of a service that is gone. A service without selector has none of ours.
  const { selector } = service?.spec ?? {}
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
  for (const step of plan(service, groupEndpoints(service, pods, nodes), staying))
    await carryOut(context, service, step)
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
