import { DEFAULT_WEIGHTS, EXTENSION_POINTS, type ExtensionPoint, PLUGIN_POINTS } from "./extension-points.ts"
import type { EnabledPlugin, SchedulerConfig } from "./scheduler-config.ts"

export const DEFAULT_SCHEDULER_NAME = "default-scheduler"

const CPU_AND_MEMORY = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
]

/** Arguments of the plugins that take any, by plugin. */
export const DEFAULT_ARGS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["DefaultPreemption", { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 }],
  ["DynamicResources", { filterTimeout: "10s", bindingTimeout: "600s" }],
  ["InterPodAffinity", { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false }],
  ["NodeAffinity", {}],
  ["NodeResourcesBalancedAllocation", { resources: CPU_AND_MEMORY }],
  ["NodeResourcesFit", { scoringStrategy: { type: "LeastAllocated", resources: CPU_AND_MEMORY } }],
  ["PodTopologySpread", { defaultingType: "System" }],
  ["VolumeBinding", { bindTimeoutSeconds: 600 }],
])

/** Every plugin at every point where it takes part. */
export function defaultPlugins(): Record<ExtensionPoint, readonly EnabledPlugin[]> {
  const plugins = {} as Record<ExtensionPoint, readonly EnabledPlugin[]>
  for (const point of EXTENSION_POINTS) {
    plugins[point] = [...PLUGIN_POINTS].flatMap(([name, points]) =>
      points.includes(point) ? [{ name, weight: DEFAULT_WEIGHTS.get(name) ?? 1 }] : [],
    )
  }
  return plugins
}

/** How the scheduler works when nobody configures it. */
export const defaultConfig: SchedulerConfig = {
  profiles: [{ schedulerName: DEFAULT_SCHEDULER_NAME, plugins: defaultPlugins(), args: DEFAULT_ARGS }],
  percentageOfNodesToScore: 0,
  podInitialBackoffSeconds: 1,
  podMaxBackoffSeconds: 10,
  extenders: [],
}
