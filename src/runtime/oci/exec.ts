import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { openPty, type Pty, resizeTerminalAt } from "../../platform/linux/pty.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ChildHandle } from "../../platform/processes.ts"
import type { ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import { EXEC_SYNC_OUTPUT_BYTES_MAX, type ExecRequest, type ExecStream, type ExecSyncResult } from "../runtime.ts"
import { needRunning } from "./containers.ts"
import { type ContainerEntry, newId, type OciContext } from "./context.ts"
import { identifyProcess, type ProcessIdentity } from "./records.ts"
import { sendSignal } from "./signals.ts"
import type { OciProcess, OciSpec } from "./spec/types.ts"

const SIGKILL = 9
/** How long output is awaited that a command's children still hold open. */
const DRAIN_MS = 200
/** How long a command is given to begin before it is taken for stuck. */
const PID_WAIT_MS = 10_000
const PID_CHECK_MS = 2

/** One command in a container: the OCI runtime's `exec`, with our pipes as its streams. */
interface Exec {
  readonly child: ChildHandle
  /** As `ExecStream.exited`. */
  readonly exited: Promise<number>
  /** The command itself, once it has begun; null when it has ended. */
  command(): Promise<ProcessIdentity | null>
  /** Ends the command; the OCI runtime then reports it. */
  kill(): void
}

type Stdio = "pipe" | "ignore" | number

async function startExec(
  context: OciContext,
  entry: ContainerEntry,
  cmd: readonly string[],
  tty: boolean,
  stdio: readonly Stdio[],
): Promise<Exec> {
  if (cmd.length === 0) throw new RuntimeError("InvalidArgument", "no command to execute")
  const { record } = entry
  const { bundle } = context.layout.container(record.id)
  const base = join(bundle, `exec-${newId(context).slice(0, 16)}`)
  const files = { process: `${base}.json`, pid: `${base}.pid`, log: `${base}.log` }
  const removeFiles = () => Object.values(files).forEach((path) => rmSync(path, { force: true }))
  writeFileSync(files.process, JSON.stringify(execProcess(bundle, cmd, tty)))
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
    record.id,
  ]
  const child = context.platform.processes.spawn(path, args, { stdio: [...stdio] })
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

export async function execSync(
  context: OciContext,
  id: ContainerId,
  cmd: readonly string[],
  timeoutMs: number,
): Promise<ExecSyncResult> {
  const exec = await startExec(context, needRunning(context, id), cmd, false, ["ignore", "pipe", "pipe"])
  const { stdout, stderr } = exec.child
  const output = [collect(stdout), collect(stderr)]
  const { clock } = context.platform
  const timer =
    timeoutMs > 0
      ? clock.after(timeoutMs, () => {
          timedOut = true
          exec.kill()
        })
      : null
  let timedOut = false
  try {
    const exitCode = await exec.exited
    if (timedOut) throw timeoutError(cmd, timeoutMs)
    await drain(context, [stdout, stderr])
    const [out = Buffer.alloc(0), err = Buffer.alloc(0)] = await Promise.all(output)
    return { stdout: out, stderr: err, exitCode }
  } catch (error) {
    if (timedOut) throw timeoutError(cmd, timeoutMs)
    throw error
  } finally {
    timer?.cancel()
    stdout?.destroy()
    stderr?.destroy()
  }
}

function timeoutError(cmd: readonly string[], timeoutMs: number): RuntimeError {
  return new RuntimeError(
    "DeadlineExceeded",
    `command ${JSON.stringify(cmd.join(" "))} timed out after ${timeoutMs} ms`,
  )
}

/** Waits until the streams have ended, or gives up on what a child of the command keeps open. */
async function drain(context: OciContext, streams: readonly (Readable | null)[]): Promise<void> {
  const open = streams.filter((stream) => stream !== null && !stream.closed)
  const ended = Promise.all(open.map((stream) => new Promise<void>((resolve) => stream?.once("close", resolve))))
  const timer = new AbortController()
  await Promise.race([ended, context.platform.clock.sleep(DRAIN_MS, timer.signal).catch(() => undefined)])
  timer.abort()
  for (const stream of open) stream?.destroy()
}

async function collect(stream: Readable | null): Promise<Buffer> {
  if (stream === null) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  let length = 0
  stream.on("data", (chunk: Buffer) => {
    const kept = chunk.subarray(0, EXEC_SYNC_OUTPUT_BYTES_MAX - length)
    length += kept.length
    if (kept.length > 0) chunks.push(kept)
  })
  stream.on("error", () => undefined)
  await new Promise<void>((resolve) => (stream.closed ? resolve() : stream.once("close", resolve)))
  return Buffer.concat(chunks)
}

export async function exec(context: OciContext, id: ContainerId, request: ExecRequest): Promise<ExecStream> {
  const entry = needRunning(context, id)
  if (request.tty) return execInTerminal(context, entry, request)
  const stdio = [request.stdin, request.stdout, request.stderr].map((wanted) => (wanted ? "pipe" : "ignore"))
  const { child, exited, kill } = await startExec(context, entry, request.cmd, false, stdio)
  // A command may end without reading its input.
  child.stdin?.on("error", () => undefined)
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exited, kill, resize: () => undefined }
}

async function execInTerminal(context: OciContext, entry: ContainerEntry, request: ExecRequest): Promise<ExecStream> {
  if (request.stderr) throw new RuntimeError("InvalidArgument", "tty and stderr cannot both be true")
  const pty = openPty()
  // The OCI runtime copies between this terminal and the one it makes in the container.
  const end = openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY)
  let running: Exec
  try {
    running = await startExec(context, entry, request.cmd, true, [end, end, end])
  } catch (error) {
    pty.close()
    throw error
  } finally {
    closeSync(end)
  }
  if (!request.stdout) pty.output.resume()
  running.exited.catch(() => undefined).finally(() => pty.input.destroy())
  return {
    stdin: request.stdin ? pty.input : null,
    stdout: request.stdout ? pty.output : null,
    stderr: null,
    exited: running.exited,
    resize: createResize(pty, running),
    kill() {
      running.kill()
      pty.close()
    },
  }
}

/**
 * The OCI runtime takes over our terminal's size once, at the start. Later sizes go straight to the terminal that it has
 * made in the container, since crun passes on the signal without the size.
 */
function createResize(pty: Pty, running: Exec): ExecStream["resize"] {
  let wanted: readonly [width: number, height: number]
  let applying = false
  return (width, height) => {
    wanted = [width, height]
    pty.resize(width, height)
    if (applying) return
    applying = true
    void running.command().then((process) => {
      applying = false
      if (process === null) return
      const descriptors = [0, 1, 2].map((fd) => `/proc/${process.pid}/fd/${fd}`)
      descriptors.some((path) => resizeTerminalAt(path, ...wanted))
    })
  }
}
