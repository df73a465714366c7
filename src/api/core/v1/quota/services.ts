import { quantityOf } from "../../../../machinery/quantity/quantity.ts"
import { Service } from "../service.ts"
import { countName, NONE, ONE, type QuotaEvaluator } from "./evaluator.ts"

const NAMES = new Set([countName(Service), "services", "services.nodeports", "services.loadbalancers"])

export const serviceEvaluator: QuotaEvaluator = {
  resource: Service,
  // The type of a service can change.
  handles: ({ subresource }) => subresource === "",
  covers: (name) => NAMES.has(name),
  matchesScope: () => false,
  usage(object) {
    const { spec } = object as Service
    return new Map([
      [countName(Service), ONE],
      ["services", ONE],
      ["services.nodeports", quantityOf(nodePorts(spec), "DecimalSI")],
      ["services.loadbalancers", spec.type === "LoadBalancer" ? ONE : NONE],
    ])
  },
  frees: (object, old) => costlyType(object as Service) !== costlyType(old as Service),
}

/** How many the service is going to have: they may not have been given out yet. */
function nodePorts({ type, ports = [], allocateLoadBalancerNodePorts }: Service["spec"]): number {
  if (type === "NodePort") return ports.length
  if (type !== "LoadBalancer") return 0
  return allocateLoadBalancerNodePorts === false
    ? ports.filter(({ nodePort = 0 }) => nodePort !== 0).length
    : ports.length
}

function costlyType({ spec }: Service): string | undefined {
  return spec.type === "NodePort" || spec.type === "LoadBalancer" ? spec.type : undefined
}
