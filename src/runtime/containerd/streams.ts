import { PassThrough, pipeline, type Readable, type Writable } from "node:stream"
import { callbackify } from "node:util"
import { dialSpdy } from "../../machinery/spdy/dial.ts"
import type { SpdyStream } from "../../machinery/spdy/stream.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { RuntimeError } from "../errors.ts"
import type { AttachRequest, AttachStream, ExecStream } from "../runtime.ts"

/** Streams at the URLs that a runtime gives for them, spoken as kubectl speaks to kubelets: SPDY, which every runtime has. */

const COMMAND_PROTOCOL = "v4.channel.k8s.io"
/** As of a process that SIGKILL has ended. */
const KILLED = 137

/** Runs the command that the URL stands for. */
export async function openExec(url: string, request: AttachRequest): Promise<ExecStream> {
  const opened = await openCommand(url, request)
  let isKilled = false
  const exited = opened.ended.then(
    (status) => exitCodeOf(status),
    (error: unknown) => {
      if (isKilled) return KILLED
      throw error
    },
  )
  // Whoever has no interest in the code need not say so.
  exited.catch(() => undefined)
  const kill = () => {
    isKilled = true
    opened.stream.kill()
  }
  return { ...opened.stream, kill, exited }
}

/** Joins the container that the URL stands for. What keeps the runtime from it is the end of the outputs. */
export async function openAttach(url: string, request: AttachRequest): Promise<AttachStream> {
  const { ended, stream } = await openCommand(url, request)
  const verdict = ended.then(exitCodeOf).catch((error: unknown) => {
    if (!isLost(error)) throw error
  })
  verdict.catch(() => undefined)
  return { ...stream, stdout: endingWith(stream.stdout, verdict), stderr: endingWith(stream.stderr, verdict) }
}

function endingWith(output: Readable | null, verdict: Promise<unknown>): Readable | null {
  if (output === null) return null
  const flush = callbackify(async () => void (await verdict))
  return pipeline(output, new PassThrough({ flush }), () => undefined)
}

interface Status {
  readonly status?: string
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] }
}

const LOST = "the runtime closed the stream before the command had ended"
const isLost = (error: unknown): boolean => error instanceof RuntimeError && error.message === LOST

async function openCommand(
  url: string,
  { stderr, stdin, stdout, tty }: AttachRequest,
): Promise<{ readonly stream: AttachStream; readonly ended: Promise<Status> }> {
  const { connection } = await dialRuntime(url, COMMAND_PROTOCOL)
  const open = (type: string) => connection.open(new Map([["streamtype", type]]))
  // The order of kubectl's: runtimes wait for all of them.
  const errors = open("error")
  const streams = {
    stdin: stdin ? open("stdin") : null,
    stdout: stdout ? open("stdout") : null,
    stderr: stderr && !tty ? open("stderr") : null,
  }
  const resizing = tty ? open("resize") : null
  const ended = endOf(errors)
  ended.catch(() => undefined)
  return {
    ended,
    stream: {
      stdin: streams.stdin satisfies Writable | null,
      stdout: streams.stdout satisfies Readable | null,
      stderr: streams.stderr satisfies Readable | null,
      resize(width, height) {
        if (resizing?.writable) resizing.write(JSON.stringify({ Width: width, Height: height }))
      },
      kill() {
        connection.close()
        for (const each of Object.values(streams)) each?.destroy()
        errors.destroy()
      },
    },
  }
}

/** How the command ended, once the runtime has said so. */
async function endOf(errors: SpdyStream): Promise<Status> {
  const text = await textOf(errors)
  if (text === undefined) throw new RuntimeError("RuntimeFailure", LOST)
  return JSON.parse(text) as Status
}

/** Undefined when the stream broke off, or ended without a word. */
function textOf(stream: SpdyStream): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ""
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8")
    })
    const end = () => resolve(text === "" ? undefined : text)
    stream.once("end", end).once("close", end)
  })
}

/** Throws RuntimeFailure when the command could not be run. */
function exitCodeOf({ details, message = "", reason, status }: Status): number {
  if (status === "Success") return 0
  const code = details?.causes?.find((cause) => cause.reason === "ExitCode")?.message
  if (reason === "NonZeroExitCode" && code !== undefined && /^\d+$/.test(code)) return Number(code)
  throw new RuntimeError("RuntimeFailure", message)
}

/** Throws RuntimeFailure with what the runtime says. */
export async function dialRuntime(url: string, protocol: string) {
  try {
    return await dialSpdy(url, [protocol])
  } catch (error) {
    const text = messageOf(error)
    throw new RuntimeError("RuntimeFailure", `the runtime's streaming server: ${text}`, { cause: error })
  }
}
