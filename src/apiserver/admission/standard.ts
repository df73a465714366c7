import type { Platform } from "../../platform/platform.ts"
import type { AdmissionPlugin, ObjectReader } from "./plugin.ts"
import { defaultTolerationSeconds } from "./plugins/default-toleration-seconds.ts"
import { namespaceLifecycle } from "./plugins/namespace-lifecycle.ts"
import { nodeRestriction } from "./plugins/node-restriction.ts"
import { podTopologyLabels } from "./plugins/pod-topology-labels.ts"
import { priority } from "./plugins/priority.ts"
import { runtimeClass } from "./plugins/runtime-class.ts"
import { serviceAccount } from "./plugins/service-account.ts"
import { taintNodesByCondition } from "./plugins/taint-nodes-by-condition.ts"

/** The plugins that are on by default, in Kubernetes' order. */
export function standardAdmission(
  reader: ObjectReader,
  platform: Pick<Platform, "clock" | "random">,
): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle(reader),
    serviceAccount(reader, platform),
    nodeRestriction(reader),
    taintNodesByCondition,
    priority(reader),
    defaultTolerationSeconds,
    runtimeClass(reader),
    podTopologyLabels(reader),
  ]
}
