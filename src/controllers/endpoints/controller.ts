import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { type Key, splitKey } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { selectLabels } from "../../machinery/selectors/label-selector.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNamespaceTerminating, isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { groupEndpoints } from "../endpointslice/endpoints-of.ts"
import { headlessLabel } from "../endpointslice/plan.ts"
import { servicesSelecting } from "../endpointslice/services-selecting.ts"
import { subsetsOf } from "./plan.ts"

const managedByLabel = "endpoints.kubernetes.io/managed-by"

/** Publishes the addresses of a service's pods as the older Endpoints object, which some clients still read. */
export const endpointsController = defineController({
  name: "endpoint-controller",
  reads: [Service, Pod, Endpoints],
  writes: [{ resource: Endpoints, verbs: ["create", "update", "delete"] }],
  start(context) {
    context.informer(Pod).addIndex("namespace", (pod) => [pod.metadata.namespace])
    context.enqueueOn(Service)
    context.enqueueOn(Pod, (change) => servicesSelecting(context, change))
    context.enqueueOn(Endpoints)
    return (key) => reconcile(context, key)
  },
})

async function reconcile(context: ControllerContext, key: Key): Promise<void> {
  const { namespace, name } = splitKey(key)
  const service = context.informer(Service).get(key)
  const current = context.informer(Endpoints).get(key)
  const client = context.client.of(Endpoints)
  if (service === undefined) {
    // Endpoints that users keep for services without selector carry no label of ours.
    if (current?.metadata.labels?.[managedByLabel] === undefined) return
    await client.delete({ namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    return
  }
  const { selector } = service.spec
  if (selector === undefined || service.spec.type === "ExternalName") return
  const matching = selectLabels(selector)
  const pods = context
    .informer(Pod)
    .indexed("namespace", namespace)
    .filter((pod) => matching.matches(pod.metadata.labels))
  const ipv4Only = { ...service, spec: { ...service.spec, ipFamilies: service.spec.ipFamilies?.slice(0, 1) } }
  const subsets = subsetsOf(groupEndpoints(ipv4Only as Service, pods, new Map()))
  const labels = {
    ...service.metadata.labels,
    [managedByLabel]: "endpoint-controller",
    ...(service.spec.clusterIP === "None" && { [headlessLabel]: "" }),
  }
  if (current === undefined) {
    try {
      await client.create({ metadata: { name, namespace, labels }, subsets })
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      const text = `Failed to create endpoint for service ${key}: ${messageOf(error)}`
      context.events.record(aboutNew(namespace, name), "Warning", "FailedToCreateEndpoint", text)
      throw error
    }
    return
  }
  if (deepEqual(current.subsets ?? [], subsets) && deepEqual({ ...current.metadata.labels }, labels)) return
  try {
    await client.update({ ...current, metadata: { ...current.metadata, labels }, subsets })
  } catch (error) {
    const text = `Failed to update endpoint ${key}: ${messageOf(error)}`
    context.events.record(current, "Warning", "FailedToUpdateEndpoint", text)
    throw error
  }
}

/** What does not exist yet can be told about by its name only. */
const aboutNew = (namespace: string, name: string) => ({
  apiVersion: Endpoints.apiVersion,
  kind: Endpoints.kind,
  metadata: { namespace, name, uid: "" },
})
