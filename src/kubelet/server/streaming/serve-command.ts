import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { Logger } from "../../../platform/log.ts"
import type { AttachStream, ExecStream } from "../../../runtime/runtime.ts"
import type { RemoteStreams } from "./remote-streams.ts"
import { exitStatus, internalError, type StreamStatus, succeeded } from "./stream-status.ts"

/** Runs a command for a client, to its end or until the client goes. */
export async function serveExec(
  streams: RemoteStreams,
  command: readonly string[],
  start: () => Promise<ExecStream>,
  log: Logger,
): Promise<void> {
  await serve(streams, start, async (exec) => exitStatus(await exec.exited, command), {
    failed: "error executing command in container",
    log,
  })
}

/** Connects a client to a running container, until one of them ends. */
export async function serveAttach(
  streams: RemoteStreams,
  start: () => Promise<AttachStream>,
  log: Logger,
): Promise<void> {
  await serve(streams, start, async () => succeeded, { failed: "error attaching to container", log })
}

async function serve<S extends AttachStream>(
  streams: RemoteStreams,
  start: () => Promise<S>,
  outcome: (process: S) => Promise<StreamStatus>,
  { failed, log }: { readonly failed: string; readonly log: Logger },
): Promise<void> {
  let status: StreamStatus
  try {
    const process = await start()
    // Whoever hangs up ends the command; an attached container goes on.
    void streams.closed.then(() => process.kill())
    if (streams.resize !== null) readSizes(streams.resize, (width, height) => resize(process, width, height, log))
    copyInput(streams, process)
    const copies = [copyOutput(process.stdout, streams.stdout), copyOutput(process.stderr, streams.stderr)]
    const [ended] = await Promise.all([outcome(process), ...copies])
    status = ended
  } catch (error) {
    const message = `${failed}: ${messageOf(error)}`
    log.info("remote command failed", { error: message })
    status = internalError(message)
  }
  await streams.finish(status)
}

function copyInput(streams: RemoteStreams, process: AttachStream): void {
  if (streams.stdin === null) return
  // A process that reads no input must not keep the client's other messages waiting.
  if (process.stdin === null) return void streams.stdin.resume()
  pipeline(streams.stdin, process.stdin).catch(() => streams.stdin?.resume())
}

/** Resolves at the end of the output, or when there is nobody to write to any more. */
async function copyOutput(from: Readable | null, to: RemoteStreams["stdout"]): Promise<void> {
  if (from === null) return
  if (to === null) return void from.resume()
  await pipeline(from, to, { end: false }).catch(() => void from.destroy())
}

/** A size may come when the terminal has just gone. */
function resize(process: AttachStream, width: number, height: number, log: Logger): void {
  try {
    process.resize(width, height)
  } catch (error) {
    log.debug("terminal was not resized", { error })
  }
}

/** More than any size as JSON. */
const SIZE_CHARACTERS_MAX = 256

function readSizes(input: Readable, found: (width: number, height: number) => void): void {
  let held = ""
  input.on("error", () => undefined)
  input.on("data", (chunk: Buffer) => {
    held += chunk.toString("utf8")
    for (let end = held.indexOf("}"); end !== -1; end = held.indexOf("}")) {
      const size = parseSize(held.slice(0, end + 1))
      held = held.slice(end + 1)
      if (size !== undefined) found(...size)
    }
    if (held.length > SIZE_CHARACTERS_MAX) held = ""
  })
}

function parseSize(text: string): [number, number] | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) as Record<string, unknown>
    return isSize(width) && isSize(height) ? [width, height] : undefined
  } catch {
    // A client that sends something else only misses the resize.
    return undefined
  }
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536
