import { decode, decodeValue } from "../../machinery/decode/decode.ts"
import {
  aggregateMessages,
  duplicate,
  type FieldError,
  formatFieldError,
  invalid,
  required,
} from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import {
  type ConfiguredProfile,
  GROUP_VERSION,
  KubeSchedulerConfiguration,
  PLUGIN_ARGS,
  type PluginArgs,
  type Plugins,
} from "./configuration-schema.ts"
import { DEFAULT_ARGS, DEFAULT_SCHEDULER_NAME } from "./default-config.ts"
import { completeExtenders, type ExtenderConfig, extenderErrors } from "./extender-config.ts"
import { argsRules } from "./plugin-args.ts"
import { expandPlugins } from "./plugin-sets.ts"
import type { ProfileConfig, SchedulerConfig } from "./scheduler-config.ts"

export interface ParsedConfiguration {
  readonly config: SchedulerConfig
  /** What was given but has no effect here, one sentence each. */
  readonly warnings: readonly string[]
}

/**
 * Reads a KubeSchedulerConfiguration, in YAML or JSON. Throws an `Error` that names everything that is unknown or wrong,
 * in kube-scheduler's words.
 */
export function parseConfiguration(text: string): ParsedConfiguration {
  const { duplicates, value } = parseYaml(text)
  const given = isObject(value) ? value : {}
  if (given["apiVersion"] !== GROUP_VERSION || given["kind"] !== "KubeSchedulerConfiguration") {
    const found = `${JSON.stringify(given["kind"] ?? "")} of ${JSON.stringify(given["apiVersion"] ?? "")}`
    throw new Error(`found ${found}, expected KubeSchedulerConfiguration of ${GROUP_VERSION}`)
  }
  const { object } = decode(KubeSchedulerConfiguration, { value: given, duplicates }, "Strict")
  const configuration = object as KubeSchedulerConfiguration
  const profiles = configuration.profiles?.length ? configuration.profiles : [{}]
  const named = profiles.map((profile) =>
    profile.schedulerName === undefined && profiles.length === 1
      ? { ...profile, schedulerName: DEFAULT_SCHEDULER_NAME }
      : profile,
  )
  const args = named.map((profile, index) => argsOf(profile, index))
  const errors = [
    ...rootErrors(configuration),
    ...named.flatMap((profile, index) => profileErrors(profile, index, named, args[index] ?? new Map())),
  ]
  errors.push(...queueSortErrors(named), ...extenderErrors(configuration.extenders ?? []))
  if (errors.length > 0) throw new Error(aggregateMessages(errors.map(formatFieldError)))
  const extenders = completeExtenders(configuration.extenders ?? [])
  return {
    config: {
      profiles: named.map((profile, index) => profileOf(profile, withIgnored(args[index] ?? new Map(), extenders))),
      percentageOfNodesToScore: configuration.percentageOfNodesToScore ?? 0,
      podInitialBackoffSeconds: configuration.podInitialBackoffSeconds ?? 1,
      podMaxBackoffSeconds: configuration.podMaxBackoffSeconds ?? 10,
      extenders,
    },
    warnings: warningsOf(configuration),
  }
}

type Args = ReadonlyMap<string, object>
const isWithArgs = (plugin: string): plugin is keyof PluginArgs => Object.hasOwn(PLUGIN_ARGS, plugin)

/** Decodes and completes the arguments of a profile's plugins. The first of the same name counts. */
function argsOf({ pluginConfig = [] }: ConfiguredProfile, profileIndex: number): Args {
  const all = new Map<string, object>()
  pluginConfig.forEach(({ name = "", args }, index) => {
    if (!isWithArgs(name) || all.has(name)) return
    const at = `decoding .profiles[${profileIndex}].pluginConfig[${index}]`
    const value = isObject(args) ? args : {}
    const { kind = `${name}Args`, apiVersion = GROUP_VERSION } = value
    if (kind !== `${name}Args` || apiVersion !== GROUP_VERSION) {
      const group = "kubescheduler.config.k8s.io"
      const wanted = `${name}Args.${group}`
      throw new Error(`${at}: args for plugin ${name} were not of type ${wanted}, got ${String(kind)}.${group}`)
    }
    try {
      decode(PLUGIN_ARGS[name], { value, duplicates: [] }, "Strict")
    } catch (error) {
      const why = messageOf(error)
      throw new Error(`${at}: decoding args for plugin ${name}: ${why}`, { cause: error })
    }
    const { kind: _, apiVersion: __, ...own } = decodeValue(PLUGIN_ARGS[name], value) as Record<string, unknown>
    all.set(name, argsRules[name].complete(own as never))
  })
  return all
}

/** Resources that only extenders look at. */
function withIgnored(args: Args, extenders: readonly ExtenderConfig[]): Args {
  const names = extenders.flatMap(({ ignoredResources }) => ignoredResources)
  if (names.length === 0) return args
  const fit = { ...(DEFAULT_ARGS.get("NodeResourcesFit") as object), ...args.get("NodeResourcesFit") }
  const { ignoredResources = [] } = fit as PluginArgs["NodeResourcesFit"]
  return new Map([...args, ["NodeResourcesFit", { ...fit, ignoredResources: [...ignoredResources, ...names] }]])
}

function rootErrors(configuration: KubeSchedulerConfiguration): FieldError[] {
  const {
    parallelism = 16,
    percentageOfNodesToScore,
    podInitialBackoffSeconds = 1,
    podMaxBackoffSeconds = 10,
  } = configuration
  const at = FieldPath.root()
  const errors: FieldError[] = []
  if (parallelism <= 0) {
    errors.push(invalid(at.child("parallelism"), parallelism, "should be an integer value greater than zero"))
  }
  errors.push(...percentage(at.child("percentageOfNodesToScore"), percentageOfNodesToScore))
  if (podInitialBackoffSeconds <= 0) {
    errors.push(invalid(at.child("podInitialBackoffSeconds"), podInitialBackoffSeconds, "must be greater than 0"))
  }
  if (podMaxBackoffSeconds < podInitialBackoffSeconds) {
    const why = "must be greater than or equal to PodInitialBackoffSeconds"
    errors.push(invalid(at.child("podMaxBackoffSeconds"), podMaxBackoffSeconds, why))
  }
  return errors
}

const percentage = (at: FieldPath, value: number | undefined): readonly FieldError[] =>
  value !== undefined && (value < 0 || value > 100) ? [invalid(at, value, "not in valid range [0-100]")] : []

const REMOVED_PLUGINS = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"]
const REMOVED = `was invalid in version "${GROUP_VERSION}" (KubeSchedulerConfiguration is version "${GROUP_VERSION}")`

function profileErrors(
  { schedulerName = "", percentageOfNodesToScore, pluginConfig = [], plugins }: ConfiguredProfile,
  index: number,
  profiles: readonly ConfiguredProfile[],
  args: Args,
): FieldError[] {
  const path = FieldPath.root("profiles").index(index)
  const errors: FieldError[] = []
  if (schedulerName === "") errors.push(required(path.child("schedulerName")))
  errors.push(...percentage(path.child("percentageOfNodesToScore"), percentageOfNodesToScore))
  for (const [point, set] of Object.entries(plugins ?? {})) {
    if (point === "multiPoint") continue
    set?.enabled?.forEach(({ name = "" }, at) => {
      const where = path.child("plugins").child(point).child("enabled").index(at)
      if (REMOVED_PLUGINS.includes(name)) errors.push(invalid(where, name, REMOVED))
    })
  }
  const seen = new Set<string>()
  pluginConfig.forEach(({ name = "" }, at) => {
    const where = path.child("pluginConfig").index(at)
    if (seen.has(name)) errors.push(duplicate(where, name))
    else if (REMOVED_PLUGINS.includes(name)) errors.push(invalid(where, name, REMOVED))
    else if (isWithArgs(name)) errors.push(...argsRules[name].validate(args.get(name) as never, where.child("args")))
    seen.add(name)
  })
  const first = profiles.findIndex((other) => (other.schedulerName ?? "") === schedulerName)
  if (first < index) {
    errors.push(duplicate(path.child("schedulerName"), `profiles[${first}].schedulerName`))
  }
  return errors
}

/** There is one queue for all profiles. */
function queueSortErrors(profiles: readonly ConfiguredProfile[]): readonly FieldError[] {
  const sortOf = ({ plugins }: ConfiguredProfile) => JSON.stringify(plugins?.queueSort ?? {})
  const [first] = profiles
  return profiles.flatMap((profile, index) => {
    if (first === undefined || sortOf(profile) === sortOf(first)) return []
    const path = FieldPath.root("profiles").index(index).child("plugins").child("queueSort")
    return [invalid(path, profile.plugins?.queueSort, "must be the same for all profiles")]
  })
}

function profileOf(
  { schedulerName = "", percentageOfNodesToScore, plugins }: ConfiguredProfile,
  own: Args,
): ProfileConfig {
  return {
    schedulerName,
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
    plugins: expand(schedulerName, plugins),
    args: new Map<string, unknown>([...DEFAULT_ARGS, ...own]),
  }
}

function expand(schedulerName: string, plugins: Plugins | undefined): ProfileConfig["plugins"] {
  try {
    return expandPlugins(schedulerName, plugins)
  } catch (error) {
    const why = messageOf(error)
    throw new Error(`initializing profiles: creating profile for scheduler name ${schedulerName}: ${why}`, {
      cause: error,
    })
  }
}

function warningsOf(configuration: KubeSchedulerConfiguration): readonly string[] {
  const { clientConnection, delayCacheUntilActive, enableContentionProfiling, enableProfiling } = configuration
  const { leaderElection, parallelism, profiles = [] } = configuration
  const why = "runs inside the server"
  const ineffective: readonly (readonly [string, boolean, string])[] = [
    ["parallelism", parallelism !== undefined && parallelism !== 16, "nodes are looked at one after the other"],
    ["leaderElection", leaderElection !== undefined, `the scheduler ${why}, which elects its leader by itself`],
    ["clientConnection", clientConnection !== undefined, `the scheduler ${why}`],
    ["enableProfiling", enableProfiling !== undefined, `the scheduler ${why}`],
    ["enableContentionProfiling", enableContentionProfiling !== undefined, `the scheduler ${why}`],
    ["delayCacheUntilActive", delayCacheUntilActive === true, `the scheduler ${why}`],
    [
      "filterTimeout of DynamicResources",
      profiles.some(({ pluginConfig = [] }) =>
        pluginConfig.some(({ args }) => isObject(args) && "filterTimeout" in args),
      ),
      "devices are looked for without a limit of time",
    ],
  ]
  return ineffective.flatMap(([field, isGiven, reason]) => (isGiven ? [`${field} has no effect: ${reason}`] : []))
}
