import type { PluginFactory, PluginHost, SchedulingPlugin } from "../framework.ts"
import type { Profile } from "../profile.ts"
import type { ExtensionPoint } from "./extension-points.ts"
import type { ProfileConfig } from "./scheduler-config.ts"

/** Makes the plugins of one profile. Those that have no factory are part of the scheduler itself. */
export function buildProfile(
  { schedulerName, percentageOfNodesToScore, plugins, args }: ProfileConfig,
  registry: ReadonlyMap<string, PluginFactory<never>>,
  host: PluginHost,
): Profile {
  const made = new Map<string, SchedulingPlugin | undefined>()
  const plugin = (name: string): SchedulingPlugin | undefined => {
    if (!made.has(name)) made.set(name, registry.get(name)?.(host, (args.get(name) ?? {}) as never))
    return made.get(name)
  }
  const at = (...points: readonly ExtensionPoint[]): readonly SchedulingPlugin[] => {
    const names = new Set(points.flatMap((point) => plugins[point]).map(({ name }) => name))
    return [...names].flatMap((name) => plugin(name) ?? [])
  }
  const names = (point: ExtensionPoint) => new Set(plugins[point].map(({ name }) => name))
  return {
    schedulerName,
    preEnqueue: at("preEnqueue"),
    preFilter: at("preFilter", "filter", "reserve", "preBind"),
    filter: names("filter"),
    postFilter: at("postFilter"),
    score: plugins.score.flatMap(({ name, weight }) => {
      const scores = plugin(name)
      return scores === undefined ? [] : [{ plugin: scores, weight }]
    }),
    reserve: names("reserve"),
    preBind: names("preBind"),
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
  }
}
