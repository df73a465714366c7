import { existsSync, readdirSync, readFileSync } from "node:fs"
import { extname, join } from "node:path"
import { messageOf } from "../../../machinery/status/message-of.ts"

/** One plugin of a chain, as it was written: plugins know members that nobody else knows. */
export interface PluginConfiguration {
  readonly type: string
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly [member: string]: unknown
}

/** https://www.cni.dev/docs/spec/#configuration-format */
export interface NetworkConfiguration {
  readonly cniVersion: string
  readonly name: string
  readonly disableCheck: boolean
  readonly disableGC: boolean
  readonly plugins: readonly PluginConfiguration[]
}

/** What is understood here, newest first. */
export const CNI_VERSIONS: readonly string[] = ["1.1.0", "1.0.0", "0.4.0", "0.3.1", "0.3.0", "0.2.0", "0.1.0"]
const VERSION_DEFAULT = "0.2.0"

/** A configuration that cannot be used. The message names the file and what is wrong. */
export class NetworkConfigurationError extends Error {}

/**
 * The network of a folder: the first file by name that is a configuration. Undefined when there is none. Throws
 * `NetworkConfigurationError` when that one is not valid.
 */
export function readNetworkConfiguration(folder: string): NetworkConfiguration | undefined {
  if (!existsSync(folder)) return undefined
  const [first] = filesOf(folder, [".conf", ".conflist", ".json"])
  if (first === undefined) return undefined
  const file = join(folder, first)
  try {
    const content = objectOf(JSON.parse(readFileSync(file, "utf8")), "the file")
    return extname(first) === ".conflist" ? listOf(content, folder) : singleOf(content)
  } catch (error) {
    const message = messageOf(error)
    throw new NetworkConfigurationError(`${file}: ${message}`, { cause: error })
  }
}

function filesOf(folder: string, extensions: readonly string[]): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory() && extensions.includes(extname(entry.name)))
  return files.map(({ name }) => name).sort()
}

/** The old form: one plugin, with name and version beside what is its own. */
function singleOf(content: Members): NetworkConfiguration {
  const { disableCheck: _, ...plugin } = content
  const common = { cniVersion: versionOf(content), name: nameOf(content), disableCheck: false, disableGC: false }
  return { ...common, plugins: [pluginOf(plugin)] }
}

function listOf(content: Members, folder: string): NetworkConfiguration {
  const name = nameOf(content)
  const inlined = (Array.isArray(content["plugins"]) ? content["plugins"] : []).map(pluginOf)
  const flag = (member: string) => flagOf(content, member)
  const plugins = flag("loadOnlyInlinedPlugins") ? inlined : [...inlined, ...pluginsBeside(join(folder, name))]
  if (plugins.length === 0) throw new TypeError("found no plugins, expected at least one")
  const common = { cniVersion: versionOf(content), name }
  return { ...common, disableCheck: flag("disableCheck"), disableGC: flag("disableGC"), plugins }
}

/** Since 1.1 others may drop plugins into a folder with the network's name. */
function pluginsBeside(folder: string): PluginConfiguration[] {
  if (!existsSync(folder)) return []
  return filesOf(folder, [".conf"]).map((name) => pluginOf(JSON.parse(readFileSync(join(folder, name), "utf8"))))
}

type Members = Readonly<Record<string, unknown>>

function objectOf(value: unknown, what: string): Members {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Members
  throw new TypeError(`found no object, expected ${what} to be one`)
}

function pluginOf(value: unknown): PluginConfiguration {
  const plugin = objectOf(value, "each plugin")
  const { type } = plugin
  if (typeof type !== "string" || type === "" || type.includes("/")) {
    throw new TypeError(`found a plugin of type ${JSON.stringify(type)}, expected the name of a program`)
  }
  return plugin as PluginConfiguration
}

function flagOf(content: Members, member: string): boolean {
  const value = content[member] ?? false
  const text = String(value).toLowerCase()
  if (["boolean", "string"].includes(typeof value) && (text === "true" || text === "false")) return text === "true"
  throw new TypeError(`found ${member}: ${JSON.stringify(value)}, expected true or false`)
}

function nameOf({ name }: Members): string {
  if (typeof name === "string" && /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return name
  throw new TypeError(`found the name ${JSON.stringify(name)}, expected letters, digits, "_", "." and "-"`)
}

/** The newest of those that the configuration offers. */
function versionOf({ cniVersion, cniVersions }: Members): string {
  const offered = [
    ...(Array.isArray(cniVersions) ? cniVersions : []),
    ...(cniVersion === undefined ? [] : [cniVersion]),
  ]
  // None at all is as good as an empty one.
  if (offered.every((version) => version === "")) return VERSION_DEFAULT
  const found = CNI_VERSIONS.find((version) => offered.includes(version))
  if (found !== undefined) return found
  throw new TypeError(`found cniVersion ${offered.join(", ")}, expected one of ${CNI_VERSIONS.join(", ")}`)
}

/** Whether a version of the specification is at least another. */
export function isAtLeast(version: string, least: string): boolean {
  return CNI_VERSIONS.indexOf(version) <= CNI_VERSIONS.indexOf(least)
}
