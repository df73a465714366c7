import type { PluginSet, Plugins } from "./configuration-schema.ts"
import { DEFAULT_WEIGHTS, EXTENSION_POINTS, type ExtensionPoint, PLUGIN_POINTS } from "./extension-points.ts"
import type { EnabledPlugin } from "./scheduler-config.ts"

/** As Kubernetes names its interfaces, in its messages. */
const interfaceOf = (point: ExtensionPoint): string => `${point.slice(0, 1).toUpperCase()}${point.slice(1)}Plugin`
const ALL = "*"
const NO_PLUGINS: PluginSet = {}

/** The largest sum of scores, as scores are 64 bit numbers in Kubernetes. */
const TOTAL_SCORE_MAX = 2n ** 63n - 1n
const PLUGIN_SCORE_MAX = 100n

/**
 * Spells out which plugins are called where, in which order, for what a profile says about it. Throws an `Error` with
 * Kubernetes' words about plugins that do not exist, stand twice, or take no part where they are enabled.
 */
export function expandPlugins(
  schedulerName: string,
  plugins: Plugins = {},
): Record<ExtensionPoint, readonly EnabledPlugin[]> {
  const everywhere = withDefaults(plugins.multiPoint ?? NO_PLUGINS)
  const expanded = {} as Record<ExtensionPoint, readonly EnabledPlugin[]>
  for (const point of EXTENSION_POINTS) expanded[point] = expandPoint(point, plugins[point] ?? NO_PLUGINS, everywhere)
  if (expanded.queueSort.length !== 1) {
    throw new Error(
      `only one queue sort plugin required for profile with scheduler name ${JSON.stringify(schedulerName)}, but got ${expanded.queueSort.length}`,
    )
  }
  if (expanded.bind.length === 0) {
    throw new Error(
      `at least one bind plugin is needed for profile with scheduler name ${JSON.stringify(schedulerName)}`,
    )
  }
  const total = expanded.score.reduce((sum, { weight }) => sum + BigInt(weight) * PLUGIN_SCORE_MAX, 0n)
  if (total > TOTAL_SCORE_MAX) throw new Error("total score of Score plugins could overflow")
  return expanded
}

/** The default plugins with what the profile enables and disables; those it enables again stay in their place. */
function withDefaults({ enabled = [], disabled = [] }: PluginSet): readonly EnabledPlugin[] {
  const off = new Set(disabled.map(({ name }) => name))
  const own = new Map(enabled.map(({ name = "", weight = 0 }) => [name, { name, weight }]))
  const defaults = [...PLUGIN_POINTS.keys()].map((name) => ({ name, weight: DEFAULT_WEIGHTS.get(name) ?? 1 }))
  const kept = off.has(ALL) ? [] : defaults.filter(({ name }) => !off.has(name)).map((one) => own.get(one.name) ?? one)
  const inPlace = new Set(kept.map(({ name }) => name))
  const added = enabled
    .filter(({ name }) => !inPlace.has(name ?? ""))
    .map(({ name = "", weight = 0 }) => ({ name, weight }))
  return [...kept, ...added]
}

function expandPoint(
  point: ExtensionPoint,
  { enabled = [], disabled = [] }: PluginSet,
  everywhere: readonly EnabledPlugin[],
): readonly EnabledPlugin[] {
  const here = new Map<string, EnabledPlugin>()
  for (const { name = "", weight = 0 } of enabled) {
    const points = PLUGIN_POINTS.get(name)
    if (points === undefined) throw new Error(`${interfaceOf(point)} ${JSON.stringify(name)} does not exist`)
    if (!points.includes(point)) {
      throw new Error(`plugin ${JSON.stringify(name)} does not extend ${interfaceOf(point)} plugin`)
    }
    if (here.has(name)) throw alreadyThere(name, point)
    here.set(name, { name, weight })
  }
  const off = new Set(disabled.map(({ name }) => name))
  const overridden = new Set<string>()
  const fromEverywhere = new Map<string, EnabledPlugin>()
  for (const plugin of off.has(ALL) ? [] : everywhere) {
    const { name } = plugin
    const points = PLUGIN_POINTS.get(name)
    if (points === undefined) throw new Error(`${interfaceOf(point)} ${JSON.stringify(name)} does not exist`)
    if (!points.includes(point) || off.has(name)) continue
    if (here.has(name)) overridden.add(name)
    else if (fromEverywhere.has(name)) throw alreadyThere(name, point)
    else fromEverywhere.set(name, plugin)
  }
  const own = [...here.values()]
  const ordered = [
    ...own.filter(({ name }) => overridden.has(name)),
    ...fromEverywhere.values(),
    ...own.filter(({ name }) => !overridden.has(name)),
  ]
  return ordered.map(({ name, weight }) => ({ name, weight: weight === 0 ? 1 : weight }))
}

const alreadyThere = (name: string, point: ExtensionPoint): Error =>
  new Error(`plugin ${JSON.stringify(name)} already registered as ${JSON.stringify(interfaceOf(point))}`)
