import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { Platform } from "../../../platform/platform.ts"

export type PluginCommand = "ADD" | "DEL" | "CHECK" | "GC" | "STATUS"

export interface PluginRunner {
  /**
   * Runs a plugin to its end. Returns what it printed, parsed; undefined for nothing. Throws `PluginError`.
   * https://www.cni.dev/docs/spec/#section-2-execution-protocol
   */
  run(command: PluginCommand, type: string, parameters: PluginParameters, configuration: object): Promise<unknown>
  /** Path of the plugin's program. Throws `PluginError` when there is none. */
  locate(type: string): string
  /** Resolves when no program runs any more that holds the file, whoever started it. Throws `PluginError`. */
  released(heldFile: string): Promise<void>
}

/** What plugins are told besides their configuration; empty ones are left out for GC and STATUS. */
export interface PluginParameters {
  readonly containerId?: string
  readonly netns?: string
  readonly interfaceName?: string
  /** `KEY=VALUE;…` */
  readonly args?: string
  /** Locked by the program, and by those that it starts, until they end. Plugins are not told of it. */
  readonly heldFile?: string
}

export interface PluginRunnerOptions {
  /** Where programs are looked for, in this order. */
  readonly binDirs: readonly string[]
  /** Of the programs; plugins call iptables and the like. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  /** What plugins find at /var/lib/cni, where several nodes share a machine; default: what is there. */
  readonly varDir?: string
  readonly platform: Pick<Platform, "processes" | "clock">
}

/** A plugin failed. `code` is CNI's; 0 when the plugin did not say. */
export class PluginError extends Error {
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

/** The kubelet waits no longer for a sandbox either. */
const TIME_MAX_MS = 120_000
/** Where the reference plugins keep what they must remember, and others by their example. */
const VAR_DIR = "/var/lib/cni"

export function createPluginRunner({ binDirs, env, netns, varDir, platform }: PluginRunnerOptions): PluginRunner {
  if (varDir !== undefined) for (const dir of [VAR_DIR, varDir]) mkdirSync(dir, { recursive: true })

  /** The program as it is to be started, inside out. */
  function commandOf(program: string, heldFile: string | undefined): readonly [string, ...string[]] {
    const mount = `mount --bind "$0" ${VAR_DIR} && exec "$@"`
    const [file = program, ...args] = [
      ...(netns === undefined ? [] : ["nsenter", `--net=${netns}`]),
      ...(varDir === undefined ? [] : ["unshare", "--mount", "--propagation", "slave", "sh", "-c", mount, varDir]),
      ...(heldFile === undefined ? [] : ["flock", "--shared", "--no-fork", heldFile]),
      program,
    ]
    return [file, ...args]
  }

  function locate(type: string): string {
    const program = binDirs.map((dir) => join(dir, type)).find((file) => existsSync(file))
    if (program !== undefined) return program
    throw new PluginError(`failed to find plugin "${type}" in path [${binDirs.join(" ")}]`, 0)
  }

  return {
    locate,
    async released(heldFile) {
      const args = ["--exclusive", "--timeout", String(TIME_MAX_MS / 1000), heldFile, "true"]
      const { code } = await platform.processes.run("flock", args)
      if (code !== 0)
        throw new PluginError(`found a plugin that still runs after ${TIME_MAX_MS} ms: see ${heldFile}`, 0)
    },
    async run(command, type, parameters, configuration) {
      const program = locate(type)
      const limit = new AbortController()
      const timer = platform.clock.after(TIME_MAX_MS, () =>
        limit.abort(new PluginError(`found no answer after ${TIME_MAX_MS} ms, expected one`, 0)),
      )
      const given = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
      const options = {
        input: JSON.stringify(configuration),
        env: { ...Object.fromEntries(given), ...environmentOf(command, parameters, binDirs) },
        signal: limit.signal,
      }
      try {
        const [file, ...args] = commandOf(program, parameters.heldFile)
        const { code, stdout, stderr } = await platform.processes.run(file, args, options)
        if (code !== 0) throw failureOf(stdout, stderr, code)
        return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as unknown)
      } catch (error) {
        const message = messageOf(error)
        const text = `plugin type="${type}" failed (${command.toLowerCase()}): ${message}`
        throw new PluginError(text, error instanceof PluginError ? error.code : 0)
      } finally {
        timer.cancel()
      }
    },
  }
}

function environmentOf(
  command: PluginCommand,
  { containerId, netns, interfaceName, args }: PluginParameters,
  binDirs: readonly string[],
): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_PATH: binDirs.join(":"),
    ...(containerId !== undefined && { CNI_CONTAINERID: containerId }),
    ...(netns !== undefined && { CNI_NETNS: netns }),
    ...(interfaceName !== undefined && { CNI_IFNAME: interfaceName }),
    ...(args !== undefined && { CNI_ARGS: args }),
  }
}

/** https://www.cni.dev/docs/spec/#error */
function failureOf(stdout: string, stderr: string, exitCode: number | null): PluginError {
  if (stdout.trim() === "") {
    const words =
      stderr.trim() === "" ? `with no error message: exit status ${exitCode}` : JSON.stringify(stderr.trim())
    return new PluginError(`netplugin failed ${words}`, 0)
  }
  try {
    const { code = 0, msg = "", details = "" } = JSON.parse(stdout) as { code?: number; msg?: string; details?: string }
    return new PluginError(details === "" ? msg : `${msg}; ${details}`, code)
  } catch {
    return new PluginError(`netplugin failed but error parsing its diagnostic message ${JSON.stringify(stdout)}`, 0)
  }
}
