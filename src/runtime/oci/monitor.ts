import { closeSync, constants, existsSync, openSync, writeFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { Processes } from "../../platform/processes.ts"
import { RuntimeError } from "../errors.ts"
import type { Cgroups } from "./cgroups.ts"
import { findProgram, handlerCommand, type OciHandler } from "./handlers.ts"
import type { Layout } from "./layout.ts"

/**
 * conmon: one small process per container that owns its streams, writes its log and its exit code, and outlives this
 * process. https://github.com/containers/conmon
 */
export interface MonitorRequest {
  readonly id: string
  readonly bundle: string
  /** Empty: output is dropped. */
  readonly logPath: string
  readonly tty: boolean
  readonly stdin: boolean
  /** Closes the container's standard input when the first attached client leaves. */
  readonly stdinOnce: boolean
}

/** Text of the OCI runtime for a container that could not be started. */
export class StartFailure extends Error {
  override readonly name = "StartFailure"
}

export const pidFile = (bundle: string): string => join(bundle, "pid")
export const monitorPidFile = (bundle: string): string => join(bundle, "monitor-pid")
/** Made just before the monitor is started, so that a start that nobody has noted down is found. */
export const startingFile = (bundle: string): string => join(bundle, "starting")
export const attachSocket = (bundle: string): string => join(bundle, "attach")
/** Made by the monitor when the kernel told it that the container ran out of memory. */
export const oomFile = (bundle: string): string => join(bundle, "oom")

/**
 * Starts the container of a bundle and returns its pid. conmon would run `create`; `run --detach` in its place saves a
 * second start of the OCI runtime. Throws StartFailure.
 */
export async function startMonitored(
  request: MonitorRequest,
  handler: OciHandler,
  processes: Processes,
  cgroups: Cgroups,
  layout: Layout,
): Promise<number> {
  const conmon = findProgram("conmon")
  if (conmon === null) throw new RuntimeError("Unsupported", "conmon is not installed: apt-get install conmon")
  cgroups.prepareMove()
  const root = layout.runtimeRoot(handler.name)
  // The first word that conmon appends is its `create`.
  const [runtime = "", ...runtimeArgs] = handlerCommand(handler, root, cgroups, 'run --detach "$@"', "shift; ")
  writeFileSync(startingFile(request.bundle), "")
  const child = processes.spawn(conmon, monitorArgs(request, layout.exits, runtime, runtimeArgs), {
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", _OCI_SYNCPIPE: "3" },
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    // It notes a lack of memory in its own folder too.
    cwd: request.bundle,
    detached: true,
  })
  const sync = child.extra[0]
  if (sync === null || sync === undefined || child.stderr === null) throw new Error("the monitor has no sync pipe")
  const complaints = collect(child.stderr)
  const [line] = await Promise.all([readLine(sync), child.exited])
  sync.destroy()
  const answer = parseAnswer(line)
  if (answer !== null && answer.data > 0) {
    child.stderr.destroy()
    return answer.data
  }
  throw new StartFailure((answer?.message ?? (await complaints)).trim() || "the monitor ended without an answer")
}

function monitorArgs(
  request: MonitorRequest,
  exits: string,
  runtime: string,
  runtimeArgs: readonly string[],
): string[] {
  const { id, bundle } = request
  const fixed = ["--api-version", "1", "-c", id, "-u", id, "-n", id, "-b", bundle]
  const files = ["-p", pidFile(bundle), "-P", monitorPidFile(bundle), "--exit-dir", exits, "--persist-dir", bundle]
  const log = ["-l", request.logPath === "" ? "off" : `k8s-file:${request.logPath}`, "--log-level", "error"]
  return [
    ...fixed,
    ...files,
    ...log,
    "--full-attach",
    "--no-new-keyring",
    "--no-sync-log",
    ...(request.tty ? ["-t"] : []),
    ...(request.stdin ? ["-i"] : []),
    ...(request.stdin && !request.stdinOnce ? ["--leave-stdin-open"] : []),
    "-r",
    runtime,
    ...runtimeArgs.map((arg) => `--runtime-arg=${arg}`),
  ]
}

function parseAnswer(line: string): { readonly data: number; readonly message?: string } | null {
  if (line.trim() === "") return null
  return JSON.parse(line) as { readonly data: number; readonly message?: string }
}

/** Everything up to the first line break, or to the end. */
async function readLine(stream: Readable): Promise<string> {
  let text = ""
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.includes("\n")) break
  }
  return text
}

async function collect(stream: Readable): Promise<string> {
  const chunks: string[] = []
  stream.on("data", (chunk: Buffer) => chunks.push(chunk.toString()))
  stream.on("error", () => undefined)
  await new Promise<void>((resolve) => stream.once("close", resolve))
  return chunks.join("")
}

// conmon's `ctl` messages: kind, height, width.
const RESIZE = 1
const REOPEN_LOG = 2

/** Returns false when the monitor is gone. */
export function resizeTerminal(bundle: string, width: number, height: number): boolean {
  return control(bundle, `${RESIZE} ${height} ${width}\n`)
}

export function reopenLog(bundle: string): boolean {
  return control(bundle, `${REOPEN_LOG} 0 0\n`)
}

function control(bundle: string, message: string): boolean {
  const path = join(bundle, "ctl")
  if (!existsSync(path)) return false
  let fd: number
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    // Nobody reads the pipe any more.
    if (hasCode(error, "ENXIO", "ENOENT")) return false
    throw error
  }
  try {
    writeSync(fd, message)
    return true
  } finally {
    closeSync(fd)
  }
}
