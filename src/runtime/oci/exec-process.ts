import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ChildHandle } from "../../platform/processes.ts"
import { RuntimeError } from "../errors.ts"
import { type ContainerEntry, newId, type OciContext } from "./context.ts"
import { identifyProcess, type ProcessIdentity } from "./records.ts"
import { sendSignal } from "./signals.ts"
import type { OciProcess, OciSpec } from "./spec/types.ts"

const SIGKILL = 9
/** How long a command is given to begin before it is taken for stuck. */
const PID_WAIT_MS = 10_000
const PID_CHECK_MS = 2

/** One command in a container: the OCI runtime's `exec`, with our pipes as its streams. */
export interface Exec {
  readonly child: ChildHandle
  /** As `ExecStream.exited`. */
  readonly exited: Promise<number>
  /** The command itself, once it has begun; null when it has ended. */
  command(): Promise<ProcessIdentity | null>
  /** Ends the command; the OCI runtime then reports it. */
  kill(): void
}

export type Stdio = "pipe" | "ignore" | number

export interface ExecOptions {
  readonly tty: boolean
  readonly stdio: readonly Stdio[]
  /** Name of a socket in the bundle that takes the terminal. A name, since a path can be longer than an address. */
  readonly consoleSocket?: string
}

export async function startExec(
  context: OciContext,
  entry: ContainerEntry,
  cmd: readonly string[],
  options: ExecOptions,
): Promise<Exec> {
  if (cmd.length === 0) throw new RuntimeError("InvalidArgument", "no command to execute")
  const { record } = entry
  const { bundle } = context.layout.container(record.id)
  const base = join(bundle, `exec-${newId(context).slice(0, 16)}`)
  const files = { process: `${base}.json`, pid: `${base}.pid`, log: `${base}.log` }
  const removeFiles = () => Object.values(files).forEach((path) => rmSync(path, { force: true }))
  writeFileSync(files.process, JSON.stringify(execProcess(bundle, cmd, options.tty)))
  const { path } = await context.handler(record.handler)
  const root = context.layout.runtimeRoot(record.handler)
  const args = [
    "--root",
    root,
    "--log",
    files.log,
    "exec",
    "--process",
    files.process,
    "--pid-file",
    files.pid,
    ...(options.consoleSocket === undefined ? [] : ["--console-socket", options.consoleSocket]),
    record.id,
  ]
  const child = context.platform.processes.spawn(path, args, { cwd: bundle, stdio: options.stdio })
  const exited = child.exited
    .then(({ code, signal }) => {
      // Without a pid file the command never ran, and the code is the OCI runtime's own.
      if (readFile(files.pid) !== null) return code ?? 128 + SIGKILL
      const reason = lastError(readFile(files.log) ?? "") || `${record.handler} exec ended with ${signal ?? code}`
      throw new RuntimeError("RuntimeFailure", `failed to exec in container ${record.id}: ${reason}`)
    })
    .finally(removeFiles)
  exited.catch(() => undefined)
  const command = () => findCommand(context, child, files.pid)
  // Killing the OCI runtime instead would leave the command running.
  const kill = () => void command().then((process) => process !== null && sendSignal(process, SIGKILL))
  return { child, exited, command, kill }
}

/** The OCI runtime writes the pid a moment after the command has begun. */
async function findCommand(context: OciContext, child: ChildHandle, pidFile: string): Promise<ProcessIdentity | null> {
  const end = new AbortController()
  const noteEnd = () => end.abort()
  child.exited.then(noteEnd, noteEnd)
  for (let waited = 0; waited < PID_WAIT_MS && !end.signal.aborted; waited += PID_CHECK_MS) {
    const pid = readFile(pidFile)
    if (pid !== null) return identifyProcess(Number(pid))
    await context.platform.clock.sleep(PID_CHECK_MS)
  }
  if (!end.signal.aborted) child.kill("SIGKILL")
  return null
}

/** Like the container's own process, but for the command, the terminal and the OOM score. */
function execProcess(bundle: string, cmd: readonly string[], tty: boolean): OciProcess {
  const { process } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as OciSpec
  const env =
    tty && !process.env.some((entry) => entry.startsWith("TERM=")) ? [...process.env, "TERM=xterm"] : process.env
  return { ...process, args: cmd, env, terminal: tty }
}

function readFile(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8")
    return text === "" ? null : text
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null
    throw error
  }
}

/** The text of the last line that crun (`time text`) or runc (`time=… level=error msg="text"`) has logged. */
function lastError(log: string): string {
  const line = log.trim().split("\n").at(-1) ?? ""
  const quoted = /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
  return quoted === undefined ? line.replace(/^\d{4}-\S+:? /, "") : quoted.replace(/\\(.)/g, "$1")
}
