import { PassThrough, type Readable, Writable } from "node:stream"
import type { RawData } from "ws"
import type { Upgrade } from "./upgrade.ts"
import { type AcceptedWebSocket, acceptWebSocket } from "./websocket.ts"

/**
 * Several streams over one WebSocket: the first byte of each message is the channel, which for commands is the number
 * of the descriptor. In the `base64` protocols messages are text, with the channel as a digit. In v5 a message of 255
 * and a channel says that no more comes on that channel.
 */
export interface Channels {
  readonly protocol: string
  /** Resolves when the client is gone or was sent away. */
  readonly closed: Promise<void>
  input(channel: number): Readable
  /** Ending it tells the client nothing; WebSocket clients wait for the close. */
  output(channel: number): Writable
  /** Closes the connection once everything written was sent. */
  close(): void
}

const CLOSE_CHANNEL = 255
const CLOSE_PROTOCOL = "v5.channel.k8s.io"
const DIGIT_ZERO = 0x30
const NORMAL_CLOSURE = 1000

export async function openChannels(upgrade: Upgrade, protocols: readonly string[]): Promise<Channels | undefined> {
  const accepted = await acceptWebSocket(upgrade, protocols)
  return accepted && channelsOver(accepted)
}

function channelsOver({ socket, protocol }: AcceptedWebSocket): Channels {
  const isBase64 = protocol.endsWith("base64.channel.k8s.io")
  const inputs = new Map<number, PassThrough>()

  const deliver = (message: Buffer) => {
    const [first] = message
    if (first === undefined) return
    if (first === CLOSE_CHANNEL && protocol === CLOSE_PROTOCOL) return void inputs.get(message[1] ?? -1)?.end()
    const input = inputs.get(isBase64 ? first - DIGIT_ZERO : first)
    if (input === undefined || input.writableEnded || input.destroyed) return
    const bytes = isBase64 ? Buffer.from(message.toString("latin1", 1), "base64") : message.subarray(1)
    if (bytes.length === 0 || input.write(bytes)) return
    // Nothing more is read from the client until this channel's reader has caught up.
    socket.pause()
    const resume = () => {
      input.off("drain", resume).off("close", resume)
      socket.resume()
    }
    input.on("drain", resume).on("close", resume)
  }

  socket.on("message", (data: RawData) => deliver(joined(data)))
  // The close event follows.
  socket.on("error", () => undefined)
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const input of inputs.values()) input.end()
      resolve()
    })
  })

  return {
    protocol,
    closed,
    input(channel) {
      const input = inputs.get(channel) ?? new PassThrough()
      inputs.set(channel, input)
      return input
    },
    output: (channel) =>
      new Writable({
        write(chunk: Buffer, _, done) {
          if (isBase64) socket.send(`${channel}${chunk.toString("base64")}`, done)
          else socket.send(Buffer.concat([Buffer.of(channel), chunk]), { binary: true }, done)
        },
        // The client may go at any time; whoever writes learns it from `closed`.
      }).on("error", () => undefined),
    close: () => socket.close(NORMAL_CLOSURE),
  }
}

function joined(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
