import type { PluginFactory } from "../framework.ts"
import { balancedAllocation } from "./balanced-allocation.ts"
import { defaultPreemption } from "./default-preemption.ts"
import { dynamicResources } from "./dynamic-resources/dynamic-resources.ts"
import { imageLocality } from "./image-locality.ts"
import { interPodAffinity } from "./inter-pod-affinity.ts"
import { nodeAffinity } from "./node-affinity.ts"
import { nodeName } from "./node-name.ts"
import { nodePorts } from "./node-ports.ts"
import { nodeResourcesFit } from "./node-resources-fit.ts"
import { nodeUnschedulable } from "./node-unschedulable.ts"
import { nodeVolumeLimits } from "./node-volume-limits.ts"
import { podTopologySpread } from "./pod-topology-spread.ts"
import { schedulingGates } from "./scheduling-gates.ts"
import { taintToleration } from "./taint-toleration.ts"
import { volumeBinding } from "./volume-binding/volume-binding.ts"
import { volumeRestrictions } from "./volume-restrictions.ts"
import { volumeZone } from "./volume-zone.ts"

/**
 * Every plugin that profiles can name. Each factory takes the arguments of its own kind, which have been validated
 * against it.
 */
export const pluginRegistry: ReadonlyMap<string, PluginFactory<never>> = new Map<string, PluginFactory<never>>([
  ["SchedulingGates", schedulingGates],
  ["NodeUnschedulable", nodeUnschedulable],
  ["NodeName", nodeName],
  ["TaintToleration", taintToleration],
  ["NodeAffinity", nodeAffinity],
  ["NodePorts", nodePorts],
  ["NodeResourcesFit", nodeResourcesFit],
  ["VolumeRestrictions", volumeRestrictions],
  ["NodeVolumeLimits", nodeVolumeLimits],
  ["VolumeBinding", volumeBinding],
  ["VolumeZone", volumeZone],
  ["PodTopologySpread", podTopologySpread],
  ["InterPodAffinity", interPodAffinity],
  ["DynamicResources", dynamicResources],
  ["DefaultPreemption", defaultPreemption],
  ["NodeResourcesBalancedAllocation", balancedAllocation],
  ["ImageLocality", imageLocality],
])
