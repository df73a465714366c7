import { Service } from "../../api/core/v1/service.ts"
import { IP_FAMILY, IPAddress, isOfService, MANAGED_BY, SERVICE_ALLOCATOR } from "../../api/networking/v1/ip-address.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import { defineController } from "../define-controller.ts"
import { plan } from "./plan.ts"

/** Shows the addresses of services as objects, so that they are listed, and their ranges are kept. */
export const serviceAddressesController = defineController({
  name: "ipallocator-repair-controller",
  reads: [Service, IPAddress],
  writes: [{ resource: IPAddress, verbs: ["create", "delete"] }],
  start(context) {
    const services = context.informer(Service)
    const addresses = context.informer(IPAddress)
    addresses.addIndex("service", ownersOf)
    context.enqueueOn(Service)
    context.enqueueOn(IPAddress, ({ object }) => ownersOf(object))
    return async (key) => {
      const slash = key.indexOf("/")
      const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)]
      const objects = context.client.of(IPAddress)
      for (const step of plan(services.get(key), addresses.indexed("service", key))) {
        const labels = { [IP_FAMILY]: "IPv4", [MANAGED_BY]: SERVICE_ALLOCATOR }
        const metadata = { name: step.address, labels }
        try {
          if (step.do === "delete") await objects.delete(metadata)
          else await objects.create({ metadata, spec: { parentRef: { resource: "services", namespace, name } } })
        } catch (error) {
          if (!isAlreadyExists(error) && !isNotFound(error)) throw error
        }
      }
    }
  },
})

/** The service whose address it is; none when people made the object. */
function ownersOf(address: IPAddress): readonly string[] {
  const { parentRef } = address.spec
  if (!isOfService(address) || parentRef?.resource !== "services") return []
  return [`${parentRef.namespace ?? ""}/${parentRef.name}`]
}
