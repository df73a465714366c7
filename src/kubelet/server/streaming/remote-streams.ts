import { once } from "node:events"
import type { Readable, Writable } from "node:stream"
import type { SpdyStream } from "../../../machinery/spdy/stream.ts"
import type { Clock } from "../../../platform/clock.ts"
import { openChannels } from "./channels.ts"
import { upgradeToSpdy } from "./spdy-upgrade.ts"
import { failureMessage, type StreamStatus } from "./stream-status.ts"
import { isWebSocket, type Upgrade } from "./upgrade.ts"

/** What a client wants of a command or container. */
export interface StreamOptions {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

/** The client's ends of a command's streams, over WebSocket or SPDY. */
export interface RemoteStreams {
  readonly stdin: Readable | null
  readonly stdout: Writable | null
  readonly stderr: Writable | null
  /** JSON objects `{"Width": 80, "Height": 24}`, one after the other. */
  readonly resize: Readable | null
  /** Resolves when the client is gone. */
  readonly closed: Promise<void>
  /** Tells the client how it ended, and closes the connection once that was sent. */
  finish(status: StreamStatus): Promise<void>
}

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
const RESIZE = 4
/** How long a client may take to open its streams. */
const STREAMS_MS = 30_000

const SPDY_PROTOCOLS = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"]
const WEBSOCKET_PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
  "",
]

/** From v4 on the error stream carries a Status as JSON; before, a message when something failed. */
const saysStatus = (protocol: string): boolean => /^v[45]\./.test(protocol)
const canResize = (protocol: string): boolean => /^v[345]\./.test(protocol)

/** Accepts the client's upgrade. Resolves to undefined when it was refused, or the client gave up. */
export function openRemoteStreams(
  upgrade: Upgrade,
  options: StreamOptions,
  clock: Pick<Clock, "after">,
): Promise<RemoteStreams | undefined> {
  return isWebSocket(upgrade) ? overWebSocket(upgrade, options) : overSpdy(upgrade, options, clock)
}

async function overWebSocket(upgrade: Upgrade, options: StreamOptions): Promise<RemoteStreams | undefined> {
  const channels = await openChannels(upgrade, WEBSOCKET_PROTOCOLS)
  if (channels === undefined) return undefined
  const { protocol, closed } = channels
  const stdout = options.stdout ? channels.output(STDOUT) : null
  const stderr = options.stderr ? channels.output(STDERR) : null
  const error = channels.output(ERROR)
  // An empty message tells clients that the connection stands.
  if (protocol !== "v5.channel.k8s.io") (stdout ?? stderr ?? error).write(Buffer.alloc(0))
  return {
    stdin: options.stdin ? channels.input(STDIN) : null,
    stdout,
    stderr,
    resize: channels.input(RESIZE),
    closed,
    async finish(status) {
      await Promise.race([closed, end([stdout, stderr]).then(() => writeStatus(error, protocol, status))])
      channels.close()
      await closed
    },
  }
}

async function overSpdy(
  upgrade: Upgrade,
  options: StreamOptions,
  clock: Pick<Clock, "after">,
): Promise<RemoteStreams | undefined> {
  const streams = new Map<string, SpdyStream>()
  let arrived = () => undefined as void
  const negotiated = upgradeToSpdy(upgrade, SPDY_PROTOCOLS, (stream) => {
    streams.set(stream.headers.get("streamtype") ?? "", stream)
    // The reply is sent after this returns, and output must not come before it.
    setImmediate(() => arrived())
  })
  if (negotiated === undefined) return undefined
  const { protocol, connection } = negotiated
  const wanted = wantedStreams(protocol, options)
  const isComplete = await new Promise<boolean>((resolve) => {
    const timer = clock.after(STREAMS_MS, () => resolve(false))
    arrived = () => {
      if (!wanted.every((type) => streams.has(type))) return
      timer.cancel()
      resolve(true)
    }
    void connection.closed.then(() => {
      timer.cancel()
      resolve(false)
    })
  })
  if (!isComplete) {
    connection.close()
    return undefined
  }
  const [stdout, stderr] = [streams.get("stdout") ?? null, streams.get("stderr") ?? null]
  return {
    stdin: streams.get("stdin") ?? null,
    stdout,
    stderr,
    resize: streams.get("resize") ?? null,
    closed: connection.closed,
    async finish(status) {
      const error = streams.get("error") ?? null
      const say = async () => {
        await end([stdout, stderr])
        if (error !== null) await writeStatus(error, protocol, status)
        await end([...streams.values()])
      }
      await Promise.race([connection.closed, say()])
      connection.close()
      await connection.closed
    },
  }
}

function wantedStreams(protocol: string, options: StreamOptions): string[] {
  const { stdin, stdout, stderr, tty } = options
  const wanted = { error: true, stdin, stdout, stderr, resize: tty && canResize(protocol) }
  return Object.entries(wanted).flatMap(([type, isWanted]) => (isWanted ? [type] : []))
}

async function writeStatus(error: Writable, protocol: string, status: StreamStatus): Promise<void> {
  const text = saysStatus(protocol) ? JSON.stringify(status) : failureMessage(status)
  if (text !== "") await write(error, Buffer.from(text))
}

function write(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => void stream.write(bytes, () => resolve()))
}

/** Resolves when everything written was sent, or can no longer be. */
async function end(streams: readonly (Writable | null)[]): Promise<void> {
  await Promise.all(streams.map((stream) => (stream === null ? undefined : endOne(stream))))
}

async function endOne(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableFinished) return
  const done = Promise.race([once(stream, "finish"), once(stream, "close")])
  stream.end()
  await done
}
