import type { SchedulingPlugin } from "../framework.ts"
import { balancedAllocation } from "./balanced-allocation.ts"
import { imageLocality } from "./image-locality.ts"
import { interPodAffinity } from "./inter-pod-affinity.ts"
import { nodeAffinity } from "./node-affinity.ts"
import { nodeName } from "./node-name.ts"
import { nodePorts } from "./node-ports.ts"
import { nodeResourcesFit } from "./node-resources-fit.ts"
import { nodeUnschedulable } from "./node-unschedulable.ts"
import { podTopologySpread } from "./pod-topology-spread.ts"
import { schedulingGates } from "./scheduling-gates.ts"
import { taintToleration } from "./taint-toleration.ts"

/** In the order in which they filter: cheap and final verdicts first. */
export const defaultPlugins: readonly SchedulingPlugin[] = [
  schedulingGates,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
  interPodAffinity,
  balancedAllocation,
  imageLocality,
]
