import { type Duplex, type Readable, Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { SpdyConnection } from "../../../machinery/spdy/connection.ts"
import type { SpdyStream } from "../../../machinery/spdy/stream.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { Clock } from "../../../platform/clock.ts"
import { onFirstUse } from "../../../platform/on-first-use.ts"
import { openChannels } from "./channels.ts"
import { spdyOver, upgradeToSpdy } from "./spdy-upgrade.ts"
import { isWebSocket, type Upgrade } from "./upgrade.ts"
import { acceptWebSocket, negotiateWebSocket } from "./websocket.ts"

const ws = onFirstUse<typeof import("ws")>("ws")

/** The pod whose ports are forwarded. */
export interface ForwardTarget {
  readonly podName: string
  readonly podUid: string
  connect(port: number): Promise<Duplex>
}

const PROTOCOL = "portforward.k8s.io"
/** SPDY inside of a WebSocket, as `kubectl port-forward` of 1.31 and later. */
const TUNNEL = `SPDY/3.1+${PROTOCOL}`
const CHANNEL_PROTOCOLS = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", ""]
const PAIR_MS = 30_000

/** Serves all connections that the client forwards, until it goes. `ports`: for clients that say them in the request. */
export async function servePortForward(
  upgrade: Upgrade,
  target: ForwardTarget,
  ports: readonly number[],
  clock: Pick<Clock, "after">,
): Promise<void> {
  const pairs = new PairingDesk(target, clock)
  const onStream = (stream: SpdyStream) => pairs.add(stream)
  let connection: SpdyConnection | undefined
  if (negotiateWebSocket(upgrade, [TUNNEL]) !== undefined) {
    const accepted = await acceptWebSocket(upgrade, [TUNNEL])
    if (accepted !== undefined) connection = spdyOver(ws().createWebSocketStream(accepted.socket), onStream)
  } else if (isWebSocket(upgrade)) {
    return forwardChannels(upgrade, target, ports)
  } else {
    connection = upgradeToSpdy(upgrade, [PROTOCOL], onStream)?.connection
  }
  await connection?.closed
  pairs.close()
}

export function isTunnel(upgrade: Pick<Upgrade, "request">): boolean {
  return negotiateWebSocket(upgrade, [TUNNEL]) !== undefined
}

/** The `port` parameters of a WebSocket request. Throws the kubelet's message. */
export function parsePorts(query: URLSearchParams): number[] {
  const values = query.getAll("port")
  if (values.length === 0) throw new Error('query parameter "port" is required')
  return values.flatMap((value) => {
    if (value === "") throw new Error('query parameter "port" cannot be empty')
    return value.split(",").map((text) => parsePort(text, value))
  })
}

function parsePort(text: string, value: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(port)) {
    throw new Error(`unable to parse "${value}" as a port: strconv.ParseUint: parsing "${text}": invalid syntax`)
  }
  if (port > 65535) {
    throw new Error(`unable to parse "${value}" as a port: strconv.ParseUint: parsing "${text}": value out of range`)
  }
  if (port < 1) throw new Error(`port "${value}" must be > 0`)
  return port
}

interface Pair {
  data?: SpdyStream
  error?: SpdyStream
}

/** Each forwarded connection has two streams, for data and for what went wrong. They find each other by request id. */
class PairingDesk {
  readonly #pairs = new Map<string, Pair>()
  readonly #target: ForwardTarget
  readonly #clock: Pick<Clock, "after">
  #isClosed = false

  constructor(target: ForwardTarget, clock: Pick<Clock, "after">) {
    this.#target = target
    this.#clock = clock
  }

  /** Throws when the stream's headers are not in order; it is refused then. */
  add(stream: SpdyStream): void {
    const value = stream.headers.get("port") ?? ""
    if (value === "") throw new Error('"port" header is required')
    const port = parsePort(value, value)
    const type = stream.headers.get("streamtype")
    if (type !== "data" && type !== "error") throw new Error(`invalid stream type "${type ?? ""}"`)
    const id = requestId(stream, type)
    const pair = this.#pairs.get(id) ?? this.#begin(id)
    if (pair[type] !== undefined)
      throw new Error(`error processing stream for request ${id}: ${type} stream already assigned`)
    pair[type] = stream
    const { data, error } = pair
    if (data === undefined || error === undefined) return
    this.#pairs.delete(id)
    // The streams' replies must be sent first.
    setImmediate(() => void forward(data, data, error, port, this.#target))
  }

  close(): void {
    this.#isClosed = true
  }

  #begin(id: string): Pair {
    const pair: Pair = {}
    this.#pairs.set(id, pair)
    this.#clock.after(PAIR_MS, () => {
      if (this.#isClosed || this.#pairs.get(id) !== pair) return
      this.#pairs.delete(id)
      pair.error?.end(`(request=${id}) timed out waiting for streams`)
      pair.data?.destroy()
    })
    return pair
  }
}

/** Old clients give no id; their streams follow each other, the one for errors first. */
function requestId(stream: SpdyStream, type: "data" | "error"): string {
  return stream.headers.get("requestid") || String(type === "error" ? stream.id : stream.id - 2)
}

async function forward(
  fromClient: Readable,
  toClient: Writable,
  errors: Writable,
  port: number,
  target: ForwardTarget,
): Promise<void> {
  let connection: Duplex | undefined
  try {
    connection = await target.connect(port)
    // The client may end its half first. When the pod has said everything it is over, whatever the client still sends.
    const sending = pipeline(fromClient, connection).catch(() => undefined)
    await pipeline(connection, toClient)
    connection.destroy()
    await sending
  } catch (error) {
    connection?.destroy()
    const reason = messageOf(error)
    const message = `error forwarding port ${port} to pod ${target.podName}, uid ${target.podUid}: ${reason}`
    if (!errors.destroyed && !errors.writableEnded) errors.write(message)
    toClient.destroy()
  } finally {
    errors.end()
  }
}

/** Two channels for each port: data, errors. The first message on each is the port, in two bytes, the low one first. */
async function forwardChannels(upgrade: Upgrade, target: ForwardTarget, ports: readonly number[]): Promise<void> {
  const channels = await openChannels(upgrade, CHANNEL_PROTOCOLS)
  if (channels === undefined) return
  const forwards = ports.map((port, index) => {
    const data = channels.output(index * 2)
    const errors = channels.output(index * 2 + 1)
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16LE(port)
    data.write(bytes)
    errors.write(bytes)
    return forward(channels.input(index * 2), data, errors, port, target)
  })
  await Promise.race([channels.closed, Promise.all(forwards)])
  channels.close()
  await channels.closed
}
