import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import type { Key } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { managedByLabel, serviceNameLabel } from "../endpointslice/plan.ts"
import { controllerReference } from "../pods/claim.ts"
import { managedBy, mirroredAnnotations, mirroredLabels, plan, type Step, shouldMirror } from "./plan.ts"

/**
 * Publishes as EndpointSlices what users write into Endpoints objects, for services without a selector.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#mirroring
 */
export const endpointSliceMirroringController = defineController({
  name: "endpointslicemirroring-controller",
  eventSource: "endpoint-slice-mirroring-controller",
  reads: [Service, Endpoints, EndpointSlice],
  writes: [{ resource: EndpointSlice, verbs: ["create", "update", "delete"] }],
  start(context) {
    context.informer(EndpointSlice).addIndex("mirrored service", (slice) => serviceKeyOf(slice))
    context.enqueueOn(Service)
    context.enqueueOn(Endpoints)
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
  const endpoints = context.informer(Endpoints).get(key)
  const slices = context.informer(EndpointSlice).indexed("mirrored service", key)
  const isMirrored = service !== undefined && service.spec.selector === undefined
  if (!isMirrored || endpoints === undefined || !shouldMirror(endpoints)) {
    for (const slice of slices) await remove(context, slice)
    return
  }
  const staying = slices.filter((slice) => slice.metadata.deletionTimestamp === undefined)
  for (const step of plan(endpoints, staying)) await carryOut(context, endpoints, step)
}

async function carryOut(context: ControllerContext, endpoints: Endpoints, step: Step): Promise<void> {
  const slices = context.client.of(EndpointSlice)
  const { name, namespace } = endpoints.metadata
  const metadata = {
    labels: mirroredLabels(endpoints),
    annotations: mirroredAnnotations(endpoints),
    ownerReferences: [controllerReference(endpoints)],
  }
  switch (step.do) {
    case "create":
      await slices.create({ ...step.group, metadata: { generateName: `${name}-`, namespace, ...metadata } })
      return
    case "update":
      await slices.update({ ...step.slice, ...step.group, metadata: { ...step.slice.metadata, ...metadata } })
      return
    case "delete":
      await remove(context, step.slice)
      return
    case "warn":
      context.events.record(endpoints, "Warning", step.reason, step.message)
  }
}

async function remove({ client }: ControllerContext, slice: EndpointSlice): Promise<void> {
  await client
    .of(EndpointSlice)
    .delete(slice.metadata)
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
}
