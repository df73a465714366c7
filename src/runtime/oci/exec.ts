import type { Readable } from "node:stream"
import type { ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import { EXEC_SYNC_OUTPUT_BYTES_MAX, type ExecRequest, type ExecStream, type ExecSyncResult } from "../runtime.ts"
import { needRunning } from "./containers.ts"
import type { OciContext } from "./context.ts"
import { type Stdio, startExec } from "./exec-process.ts"
import { execInTerminal } from "./exec-terminal.ts"

/** How long output is awaited that a command's children still hold open. */
const DRAIN_MS = 200

export async function execSync(
  context: OciContext,
  id: ContainerId,
  cmd: readonly string[],
  timeoutMs: number,
): Promise<ExecSyncResult> {
  const exec = await startExec(context, needRunning(context, id), cmd, {
    tty: false,
    stdio: ["ignore", "pipe", "pipe"],
  })
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
  const wanted = [request.stdin, request.stdout, request.stderr]
  const stdio = wanted.map((isWanted): Stdio => (isWanted ? "pipe" : "ignore"))
  const { child, exited, kill } = await startExec(context, entry, request.cmd, { tty: false, stdio })
  // A command may end without reading its input.
  child.stdin?.on("error", () => undefined)
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exited, kill, resize: () => undefined }
}
