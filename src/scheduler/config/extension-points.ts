/** Where plugins are called, by their names in a profile. */
export const EXTENSION_POINTS = [
  "preEnqueue",
  "queueSort",
  "preFilter",
  "filter",
  "postFilter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
  "bind",
  "postBind",
] as const
export type ExtensionPoint = (typeof EXTENSION_POINTS)[number]

/**
 * Every plugin in the default order of calls, and where it takes part.
 * https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
 */
export const PLUGIN_POINTS: ReadonlyMap<string, readonly ExtensionPoint[]> = new Map<string, readonly ExtensionPoint[]>(
  [
    ["SchedulingGates", ["preEnqueue"]],
    ["PrioritySort", ["queueSort"]],
    ["NodeUnschedulable", ["filter"]],
    ["NodeName", ["filter"]],
    ["TaintToleration", ["filter", "preScore", "score"]],
    ["NodeAffinity", ["preFilter", "filter", "preScore", "score"]],
    ["NodePorts", ["preFilter", "filter"]],
    ["NodeResourcesFit", ["preFilter", "filter", "preScore", "score"]],
    ["VolumeRestrictions", ["preFilter", "filter"]],
    ["NodeVolumeLimits", ["preFilter", "filter"]],
    ["VolumeBinding", ["preFilter", "filter", "preScore", "score", "reserve", "preBind"]],
    ["VolumeZone", ["preFilter", "filter"]],
    ["PodTopologySpread", ["preFilter", "filter", "preScore", "score"]],
    ["InterPodAffinity", ["preFilter", "filter", "preScore", "score"]],
    ["DynamicResources", ["preEnqueue", "preFilter", "filter", "postFilter", "score", "reserve", "preBind"]],
    ["DefaultPreemption", ["preEnqueue", "postFilter"]],
    ["NodeResourcesBalancedAllocation", ["preScore", "score"]],
    ["ImageLocality", ["score"]],
    ["DefaultBinder", ["bind"]],
    ["NodeDeclaredFeatures", ["preFilter", "filter"]],
  ],
)

/** How much scores count unless a profile says otherwise; 1 for the others. */
export const DEFAULT_WEIGHTS: ReadonlyMap<string, number> = new Map([
  ["TaintToleration", 3],
  ["NodeAffinity", 2],
  ["PodTopologySpread", 2],
  ["InterPodAffinity", 2],
  ["DynamicResources", 2],
])
