import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { readJsonIfWhole, writeAtomically } from "../../../platform/linux/files.ts"
import { CNI_VERSION } from "./attachments.ts"

export interface PluginPlaces {
  /** Where the runtime looks for networks, and for plugins. */
  readonly confDir: string
  readonly binDir: string
}

export interface InstallOptions extends PluginPlaces {
  /** Of the network and of the plugin. */
  readonly name: string
  /** Where the agent listens. */
  readonly socketPath: string
  /** What the plugin is: a program and its arguments. */
  readonly command: readonly string[]
  /** A file where it is remembered what was installed. */
  readonly record: string
}

/** What runtimes take for a network. */
const CONFIGURATION = /\.(?:conf|conflist|json)$/

const confFile = (name: string) => `10-${name}.conflist`

/** The name of another network's configuration, which the runtime would take, or might take, in the place of ours. */
export function otherNetwork(confDir: string, name: string): string | undefined {
  if (!existsSync(confDir)) return undefined
  return readdirSync(confDir).find((file) => CONFIGURATION.test(file) && file !== confFile(name))
}

/** Makes a runtime call us for the network of its pods. May be repeated. */
export function installPlugin(options: InstallOptions): void {
  const { binDir, command, confDir, name, record, socketPath } = options
  for (const dir of [confDir, binDir]) mkdirSync(dir, { recursive: true })
  const files = [join(confDir, confFile(name)), join(binDir, name)]
  const loopback = join(binDir, "loopback")
  const before = installed(record)
  if (!existsSync(loopback) || before.includes(loopback)) files.push(loopback)
  writeAtomically(record, JSON.stringify(files))
  const program = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")
  // As a whole: the runtime may call them at any time, and half of one does nothing and succeeds.
  writeAtomically(join(binDir, name), `#!/bin/sh\n# Made by gantry.\nexec ${program}\n`, { mode: 0o755 })
  if (files.includes(loopback)) writeAtomically(loopback, LOOPBACK, { mode: 0o755 })
  const plugin = { type: name, socket: socketPath, capabilities: { portMappings: true } }
  // Last: from then on the runtime starts pods.
  const network = { cniVersion: CNI_VERSION, name, plugins: [plugin] }
  writeAtomically(join(confDir, confFile(name)), JSON.stringify(network), { mode: 0o644 })
}

/** Removes what `installPlugin` has made. */
export function uninstallPlugin(record: string): void {
  for (const file of installed(record)) rmSync(file, { force: true })
  rmSync(record, { force: true })
}

function installed(record: string): readonly string[] {
  return (readJsonIfWhole(record) as string[] | undefined) ?? []
}

/** Runtimes call it besides, for what our own network does anyway. It is in no package of theirs. */
const LOOPBACK = `#!/bin/sh
# Made by gantry, whose network brings the loopback up.
[ "$CNI_COMMAND" = ADD ] || exit 0
cat <<END
{"cniVersion":"0.3.1","interfaces":[{"name":"lo","sandbox":"$CNI_NETNS"}],"ips":[{"version":"4","interface":0,"address":"127.0.0.1/8"}]}
END
`
