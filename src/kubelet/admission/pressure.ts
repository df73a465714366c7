import type { Pod } from "../../api/core/v1/pod.ts"
import type { PressureCondition } from "../eviction/thresholds.ts"
import { qosClass } from "../resources/pod-resources.ts"
import type { Rejection } from "./admit.ts"
import { isCritical } from "./critical.ts"

const taint = { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" }

/** Why a node that lacks something does not take another pod. When only memory is short, pods that ask for some may come. */
export function refusedUnderPressure(pod: Pod, pressure: ReadonlySet<PressureCondition>): Rejection | undefined {
  if (pressure.size === 0 || isCritical(pod)) return undefined
  if (pressure.size === 1 && pressure.has("MemoryPressure")) {
    if (qosClass(pod) !== "BestEffort" || toleratesMemoryPressure(pod)) return undefined
  }
  return { reason: "Evicted", message: `The node had condition: [${[...pressure].join(" ")}]. ` }
}

function toleratesMemoryPressure({ spec }: Pod): boolean {
  return (spec.tolerations ?? []).some(({ effect, key, operator, value }) => {
    if (effect && effect !== taint.effect) return false
    if (!key) return operator === "Exists"
    return key === taint.key && (operator === "Exists" || !value)
  })
}
