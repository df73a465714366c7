import { IPAddress, isOfService } from "../../api/networking/v1/ip-address.ts"
import { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { keyOf } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs, timeToMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { FINALIZER, plan, type Step } from "./plan.ts"

const FIELD_MANAGER = "service-cidr-controller"

/** Says which ranges services can get addresses from, and lets ranges go once no service has an address of them. */
export const serviceCidrsController = defineController({
  name: "service-cidrs-controller",
  eventSource: "service-cidr-controller",
  reads: [ServiceCIDR, IPAddress],
  writes: [
    { resource: ServiceCIDR, verbs: ["patch", "update"] },
    { resource: ServiceCIDR, subresource: "status", verbs: ["patch", "update"] },
  ],
  start(context) {
    const ranges = context.informer(ServiceCIDR)
    const addresses = context.informer(IPAddress)
    const all = () => ranges.list().map(keyOf)
    context.enqueueOn(ServiceCIDR, all)
    context.enqueueOn(IPAddress, ({ type }) => (type === "deleted" ? all() : []))
    return async (name) => {
      const range = ranges.get(name)
      if (range === undefined) return undefined
      const { deletionTimestamp } = range.metadata
      const nowMs = context.platform.clock.nowMs()
      const deletedForMs = deletionTimestamp === undefined ? 0 : nowMs - timeToMs(deletionTimestamp)
      const given = addresses.list().filter(isOfService)
      for (const step of plan(range, ranges.list(), given, deletedForMs)) {
        if (step.do === "release" && step.afterMs > 0) return { againAfterMs: step.afterMs }
        await act(context, range, step)
      }
      return undefined
    }
  },
})

async function act({ client, platform }: ControllerContext, range: ServiceCIDR, step: Step): Promise<void> {
  const objects = client.of(ServiceCIDR)
  const { name } = range.metadata
  try {
    if (step.do === "protect") {
      await objects.patch({ name }, { metadata: { finalizers: [FINALIZER] } }, { type: "strategic" })
    } else if (step.do === "release") {
      const body = { metadata: { "$deleteFromPrimitiveList/finalizers": [FINALIZER] } }
      await objects.patch({ name }, body, { type: "strategic" })
    } else if (!isSaid(range, step)) {
      const { do: _, ...wanted } = step
      const { apiVersion, kind } = ServiceCIDR
      const condition = { type: "Ready", lastTransitionTime: timeFromMs(platform.clock.nowMs()), ...wanted }
      const body = { apiVersion, kind, metadata: { name }, status: { conditions: [condition] } }
      const options = { type: "apply", subresource: "status", fieldManager: FIELD_MANAGER, force: true } as const
      await objects.patch({ name }, body, options)
    }
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** What the server said about its own ranges stays. */
function isSaid({ status }: ServiceCIDR, wanted: Extract<Step, { do: "report" }>): boolean {
  const known = status.conditions?.find(({ type }) => type === "Ready")
  return known?.status === wanted.status && (wanted.status === "True" || known.reason === wanted.reason)
}
