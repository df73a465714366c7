import { Service } from "../../api/core/v1/service.ts"
import { keyOf, splitKey } from "../../client/informer.ts"
import { parseAddressRange } from "../../machinery/net/address-range.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import { addressesOf, CLEANUP_FINALIZER, plan, statusFor } from "./plan.ts"

const BY_ADDRESS = "by address"

/**
 * Gives services of type LoadBalancer an address from the cluster's pool, or one from the pool of each of their families:
 * `poolText` is `10.90.0.0/24`, or of both families `10.90.0.0/24,fd00:10:90::/112`. The address is all there is to it: each node's
 * own rules lead it to the service's endpoints, so no machine has to announce it, and none can take it along when it dies.
 */
export function serviceLoadBalancerController(poolText: string): ControllerDefinition {
  const pools = poolText.split(",").map(parseAddressRange)
  return defineController({
    name: "service-controller",
    reads: [Service],
    writes: [
      { resource: Service, verbs: ["patch", "update"] },
      { resource: Service, verbs: ["patch", "update"], subresource: "status" },
    ],
    // Two at once could choose the same address.
    workers: 1,
    start(context) {
      const services = context.informer(Service)
      services.addIndex(BY_ADDRESS, addressesOf)
      const waiting = new Set<string>()
      const ensured = new Map<string, string>()
      context.enqueueOn(Service, ({ type, object }) => {
        const key = keyOf(object)
        if (type !== "deleted") return [key]
        waiting.delete(key)
        ensured.delete(key)
        return [...waiting]
      })
      return async (key) => {
        const service = services.get(key)
        if (service === undefined) return
        const isFree = (address: string) => services.indexed(BY_ADDRESS, address).every((other) => keyOf(other) === key)
        const step = plan(service, pools, isFree)
        waiting.delete(key)
        if (step.do === "nothing") return
        const wish = wishOf(service)
        if (step.do === "ensure" && isEnsured(service, step.addresses) && (ensured.get(key) ?? wish) === wish) {
          ensured.set(key, wish)
          return
        }
        try {
          if (step.do === "release") {
            await release(context, service)
            ensured.delete(key)
            for (const other of waiting) context.enqueue(other)
            return
          }
          context.events.record(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer")
          await addFinalizer(context, service)
          if (step.do === "fail") throw new Error(`failed to ensure load balancer: ${step.cause}`)
          context.events.record(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer")
          await writeStatus(context, service, step.addresses)
          ensured.set(key, wish)
        } catch (error) {
          if (step.do === "fail") waiting.add(key)
          const message = messageOf(error)
          context.events.record(service, "Warning", "SyncLoadBalancerFailed", `Error syncing load balancer: ${message}`)
          throw error
        }
      }
    },
  })
}

/** What a load balancer is made from: a change of it is worth an event. */
function wishOf({ metadata, spec }: Service): string {
  const { clusterIP: _, clusterIPs: __, selector: ___, ...rest } = spec
  return JSON.stringify([metadata.uid, metadata.annotations, rest])
}

const isEnsured = (service: Service, addresses: readonly string[]): boolean =>
  addressesOf(service).join() === addresses.join() && (service.metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)

async function addFinalizer({ client }: ControllerContext, { metadata }: Service): Promise<void> {
  const { finalizers = [], resourceVersion } = metadata
  if (finalizers.includes(CLEANUP_FINALIZER)) return
  const body = { metadata: { resourceVersion, finalizers: [...finalizers, CLEANUP_FINALIZER] } }
  await client.of(Service).patch(splitKey(keyOf({ metadata })), body, { type: "merge" })
}

async function release({ client, events }: ControllerContext, service: Service): Promise<void> {
  const key = splitKey(keyOf(service))
  const services = client.of(Service)
  let { metadata } = service
  try {
    events.record(service, "Normal", "DeletingLoadBalancer", "Deleting load balancer")
    if (addressesOf(service).length > 0) {
      // First, so that the address is not given to another while nodes still lead it here.
      const body = { metadata: { resourceVersion: metadata.resourceVersion }, status: { loadBalancer: null } }
      ;({ metadata } = await services.patch(key, body, { type: "merge", subresource: "status" }))
    }
    const { resourceVersion, finalizers = [] } = metadata
    const kept = finalizers.filter((name) => name !== CLEANUP_FINALIZER)
    await services.patch(key, { metadata: { resourceVersion, finalizers: kept } }, { type: "merge" })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  events.record(service, "Normal", "DeletedLoadBalancer", "Deleted load balancer")
}

async function writeStatus(
  { client }: ControllerContext,
  service: Service,
  addresses: readonly string[],
): Promise<void> {
  if (addressesOf(service).join() === addresses.join()) return
  const body = { status: { loadBalancer: statusFor(addresses) } }
  await client.of(Service).patch(splitKey(keyOf(service)), body, { type: "merge", subresource: "status" })
}
