import { nodeTerm } from "../../api/core/v1/node-affinity.ts"
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../machinery/field/error.ts"
import type { FieldPath } from "../../machinery/field/path.ts"
import { qualifiedName } from "../../machinery/names/labels.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { durationToMs } from "../../machinery/time/duration.ts"
import type { PluginArgs } from "./configuration-schema.ts"
import { DEFAULT_ARGS } from "./default-config.ts"

type Resources = PluginArgs["NodeResourcesBalancedAllocation"]["resources"]
type Shape = NonNullable<PluginArgs["VolumeBinding"]["shape"]>

/** Fills in what is not given, and tells what is wrong, in Kubernetes' words. */
export const argsRules: {
  readonly [P in keyof PluginArgs]: {
    readonly complete: (args: PluginArgs[P]) => PluginArgs[P]
    readonly validate: (args: PluginArgs[P], at: FieldPath) => readonly FieldError[]
  }
} = {
  DefaultPreemption: { complete: (args) => ({ ...defaultsOf("DefaultPreemption"), ...args }), validate: preemption },
  DynamicResources: { complete: (args) => ({ ...defaultsOf("DynamicResources"), ...args }), validate: devices },
  InterPodAffinity: {
    complete: (args) => ({ ...defaultsOf("InterPodAffinity"), ...args }),
    validate: ({ hardPodAffinityWeight = 0 }, at) =>
      range(at.child("hardPodAffinityWeight"), hardPodAffinityWeight, 0, 100),
  },
  NodeAffinity: { complete: (args) => args, validate: affinity },
  NodeResourcesBalancedAllocation: {
    complete: (args) => ({ ...args, resources: weighted(args.resources) }),
    validate: balanced,
  },
  NodeResourcesFit: { complete: completeFit, validate: fit },
  PodTopologySpread: {
    complete: (args) => ({ ...args, defaultingType: args.defaultingType || "System" }),
    validate: spread,
  },
  VolumeBinding: { complete: (args) => ({ ...defaultsOf("VolumeBinding"), ...args }), validate: volumes },
}

const defaultsOf = (plugin: keyof PluginArgs): object => DEFAULT_ARGS.get(plugin) as object

function weighted(resources: Resources = []): NonNullable<Resources> {
  if (resources.length === 0)
    return (DEFAULT_ARGS.get("NodeResourcesBalancedAllocation") as { resources: Resources }).resources ?? []
  return resources.map((resource) => ({ ...resource, weight: resource.weight || 1 }))
}

function completeFit(args: PluginArgs["NodeResourcesFit"]): PluginArgs["NodeResourcesFit"] {
  const { scoringStrategy: given } = args
  const strategy = {
    ...given,
    type: given === undefined ? "LeastAllocated" : given.type,
    resources: weighted(given?.resources),
  }
  return { ...args, scoringStrategy: strategy } as PluginArgs["NodeResourcesFit"]
}

function range(at: FieldPath, value: number, min: number, max: number): readonly FieldError[] {
  return value < min || value > max ? [invalid(at, value, `not in valid range [${min}, ${max}]`)] : []
}

function preemption(args: PluginArgs["DefaultPreemption"], at: FieldPath): readonly FieldError[] {
  const { minCandidateNodesPercentage: percentage = 0, minCandidateNodesAbsolute: absolute = 0 } = args
  const [percentageAt, absoluteAt] = [at.child("minCandidateNodesPercentage"), at.child("minCandidateNodesAbsolute")]
  const errors = [...range(percentageAt, percentage, 0, 100)]
  if (absolute < 0) errors.push(invalid(absoluteAt, absolute, "not in valid range [0, inf)"))
  if (percentage !== 0 || absolute !== 0) return errors
  return [
    ...errors,
    invalid(percentageAt, percentage, "cannot be zero at the same time as minCandidateNodesAbsolute"),
    invalid(absoluteAt, absolute, "cannot be zero at the same time as minCandidateNodesPercentage"),
  ]
}

function devices({ filterTimeout = "0s", bindingTimeout = "600s" }: PluginArgs["DynamicResources"], at: FieldPath) {
  const errors: FieldError[] = []
  if (durationToMs(filterTimeout) < 0) {
    errors.push(invalid(at.child("filterTimeout"), filterTimeout, "must be zero or positive"))
  }
  if (durationToMs(bindingTimeout) < 1000) {
    errors.push(invalid(at.child("bindingTimeout"), bindingTimeout, "must be at least 1 second"))
  }
  return errors
}

function affinity({ addedAffinity }: PluginArgs["NodeAffinity"], at: FieldPath): readonly FieldError[] {
  const path = at.child("addedAffinity")
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const preferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      termErrors(
        term,
        path.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms").index(index),
      ),
    ),
    ...preferred.flatMap(({ preference }, index) =>
      termErrors(preference, path.child("preferredDuringSchedulingIgnoredDuringExecution").index(index)),
    ),
  ]
}

function termErrors(term: Parameters<typeof nodeTerm>[0], at: FieldPath): readonly FieldError[] {
  try {
    nodeTerm(term)
    return []
  } catch (error) {
    return [invalid(at, term, messageOf(error))]
  }
}

function balanced({ resources = [] }: PluginArgs["NodeResourcesBalancedAllocation"], at: FieldPath) {
  const seen = new Set<string>()
  return resources.flatMap(({ name = "", weight = 0 }, index) => {
    const path = at.child("resources").index(index)
    const errors = seen.has(name) ? [duplicate(path.child("name"), name)] : []
    seen.add(name)
    return weight === 1 ? errors : [...errors, invalid(path.child("weight"), weight, "must be 1")]
  })
}

const STRATEGIES = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]

function fit(args: PluginArgs["NodeResourcesFit"], at: FieldPath): readonly FieldError[] {
  const { ignoredResources = [], ignoredResourceGroups = [], scoringStrategy = {} } = args
  const errors = ignoredResources.flatMap((name, index) => labelName(name, at.child("ignoredResources").index(index)))
  ignoredResourceGroups.forEach((group, index) => {
    const path = at.child("ignoredResourceGroups").index(index)
    if (group.includes("/")) errors.push(invalid(path, group, "resource group name can't contain '/'"))
    errors.push(...labelName(group, path))
  })
  const strategyAt = at.child("scoringStrategy")
  const { type = "", resources = [], requestedToCapacityRatio } = scoringStrategy
  if (!STRATEGIES.includes(type)) errors.push(notSupported(strategyAt.child("type"), type, STRATEGIES))
  resources.forEach(({ name = "", weight = 0 }, index) => {
    if (weight > 0 && weight <= 100) return
    const path = strategyAt.child("resources").index(index).child("weight")
    errors.push(invalid(path, weight, `resource weight of ${name} not in valid range (0, 100]`))
  })
  const ratioAt = strategyAt.child("requestedToCapacityRatio")
  if (type !== "RequestedToCapacityRatio") {
    if (requestedToCapacityRatio !== undefined) {
      errors.push(forbidden(ratioAt, "must be nil when type is not RequestedToCapacityRatio"))
    }
  } else if (requestedToCapacityRatio === undefined) {
    errors.push(required(ratioAt, "must be specified when type is RequestedToCapacityRatio"))
  } else errors.push(...functionShape(requestedToCapacityRatio.shape ?? [], ratioAt.child("shape")))
  return errors
}

function functionShape(shape: Shape, at: FieldPath): readonly FieldError[] {
  if (shape.length === 0) return [required(at, "at least one point must be specified")]
  const errors: FieldError[] = []
  const utilizations = shape.map(({ utilization = 0 }) => utilization)
  const unsorted = utilizations.findIndex((value, index) => index > 0 && (utilizations[index - 1] ?? 0) >= value)
  if (unsorted > 0) {
    const path = at.index(unsorted).child("utilization")
    errors.push(invalid(path, utilizations[unsorted], "values must be sorted in increasing order"))
  }
  shape.forEach(({ utilization = 0, score = 0 }, index) => {
    errors.push(...range(at.index(index).child("utilization"), utilization, 0, 100))
    errors.push(...range(at.index(index).child("score"), score, 0, 10))
  })
  return errors
}

const ACTIONS = ["DoNotSchedule", "ScheduleAnyway"]

function spread({ defaultConstraints = [], defaultingType = "" }: PluginArgs["PodTopologySpread"], at: FieldPath) {
  const errors: FieldError[] = []
  const typeAt = at.child("defaultingType")
  if (!["System", "List"].includes(defaultingType))
    errors.push(notSupported(typeAt, defaultingType, ["System", "List"]))
  else if (defaultingType === "System" && defaultConstraints.length > 0) {
    errors.push(invalid(typeAt, defaultingType, "when .defaultConstraints are not empty"))
  }
  const seen = new Set<string>()
  defaultConstraints.forEach(({ maxSkew = 0, topologyKey = "", whenUnsatisfiable = "", labelSelector }, index) => {
    const path = at.child("defaultConstraints").index(index)
    if (maxSkew <= 0) errors.push(invalid(path.child("maxSkew"), maxSkew, "not in valid range (0, inf)"))
    if (topologyKey === "") errors.push(required(path.child("topologyKey"), "can not be empty"))
    else errors.push(...labelName(topologyKey, path.child("topologyKey")))
    const actionAt = path.child("whenUnsatisfiable")
    if (whenUnsatisfiable === "") errors.push(required(actionAt, "can not be empty"))
    else if (!ACTIONS.includes(whenUnsatisfiable)) errors.push(notSupported(actionAt, whenUnsatisfiable, ACTIONS))
    if (labelSelector !== undefined) {
      const why = "constraint must not define a selector, as they deduced for each pod"
      errors.push(forbidden(path.child("labelSelector"), why))
    }
    const same = `{${topologyKey}, ${whenUnsatisfiable}}`
    if (seen.has(same)) errors.push(duplicate(path, same))
    seen.add(same)
  })
  return errors
}

function volumes({ bindTimeoutSeconds = 0, shape }: PluginArgs["VolumeBinding"], at: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  if (bindTimeoutSeconds < 0) {
    const why = "invalid BindTimeoutSeconds, should not be a negative value"
    errors.push(invalid(at.child("bindTimeoutSeconds"), bindTimeoutSeconds, why))
  }
  if (shape !== undefined) {
    const why = "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring"
    errors.push(invalid(at.child("shape"), shape, why))
  }
  return errors
}

const labelName = (name: string, at: FieldPath): FieldError[] =>
  qualifiedName(name).map((why) => invalid(at, name, why))
