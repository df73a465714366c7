import type { Duplex } from "node:stream"
import { controlFrame, createFrameReader, FIN, type Frame, frameTypes, resetCodes, streamIdOf } from "./frames.ts"
import { createHeaderReader, createHeaderWriter, type SpdyHeaders } from "./headers.ts"
import { SpdyStream } from "./stream.ts"

/**
 * A SPDY/3.1 connection as Kubernetes uses it for exec, attach and port forwarding: the client opens streams, the
 * server answers each, both send data. No flow control and no push, as in its Go library.
 */
export interface SpdyConnection {
  /** Resolves when the connection is gone; its streams are closed then. Never rejects. */
  readonly closed: Promise<void>
  /** Opens a stream; for clients. */
  open(headers: SpdyHeaders): SpdyStream
  /** Says goodbye and ends the transport once everything written was sent. */
  close(): void
}

export interface SpdyConnectionOptions {
  readonly role: "server" | "client"
  /** A stream that the peer opened. When this throws the stream is refused. */
  readonly onStream?: (stream: SpdyStream) => void
}

const NO_HEADERS: SpdyHeaders = new Map()

export function createSpdyConnection(transport: Duplex, options: SpdyConnectionOptions): SpdyConnection {
  const streams = new Map<number, SpdyStream>()
  const headerReader = createHeaderReader()
  const encodeHeaders = createHeaderWriter()
  // Each side numbers the streams that it opens: clients 1, 3, …; servers 2, 4, ….
  let nextId = options.role === "client" ? 1 : 2
  let lastPeerId = 0

  const send = (bytes: readonly Buffer[], done: (error?: Error | null) => void = () => undefined) => {
    if (transport.destroyed || transport.writableEnded) return done(new Error("SPDY connection is closed"))
    // Joined, so that each frame is one write, and one message of a WebSocket tunnel.
    transport.write(bytes.length === 1 ? bytes[0] : Buffer.concat(bytes), done)
  }
  const control = (type: number, flags: number, ...parts: readonly (Buffer | number)[]) =>
    send([controlFrame(type, flags, ...parts)])

  const add = (id: number, headers: SpdyHeaders): SpdyStream => {
    const stream = new SpdyStream(id, headers, {
      write: send,
      closed(_, ended) {
        if (streams.get(id) !== stream) return
        streams.delete(id)
        if (!ended) control(frameTypes.rstStream, 0, id, resetCodes.cancel)
      },
    })
    streams.set(id, stream)
    return stream
  }

  const accept = (id: number, headers: SpdyHeaders, flags: number) => {
    lastPeerId = Math.max(lastPeerId, id)
    if (streams.has(id)) return control(frameTypes.rstStream, 0, id, resetCodes.protocolError)
    const stream = add(id, headers)
    try {
      options.onStream?.(stream)
    } catch {
      streams.delete(id)
      control(frameTypes.synReply, FIN, id, encodeHeaders(NO_HEADERS))
      stream.destroy()
      return
    }
    control(frameTypes.synReply, 0, id, encodeHeaders(NO_HEADERS))
    if (flags & FIN) stream.receiveEnd()
  }

  const breakOff = (stream: SpdyStream) => {
    stream.receiveEnd()
    // What a server said before it hung up is still to be read by its client.
    if (options.role === "client" && !stream.readableEnded) stream.once("end", () => stream.destroy())
    else stream.destroy()
  }

  const handleControl = async ({ type, flags, payload }: Extract<Frame, { kind: "control" }>) => {
    switch (type) {
      case frameTypes.synStream:
        return accept(streamIdOf(payload), await headerReader.read(payload.subarray(10)), flags)
      case frameTypes.synReply:
      case frameTypes.headers:
        // Read also when nobody wants them: the blocks of a connection are compressed as one stream.
        await headerReader.read(payload.subarray(4))
        if (flags & FIN) streams.get(streamIdOf(payload))?.receiveEnd()
        return
      case frameTypes.rstStream: {
        const stream = streams.get(streamIdOf(payload))
        streams.delete(streamIdOf(payload))
        if (stream !== undefined) breakOff(stream)
        return
      }
      case frameTypes.ping:
        // Our side sends none, so this is the peer's and wants to be returned.
        return control(frameTypes.ping, 0, payload)
      default:
      // Settings and windows mean nothing without flow control; after GOAWAY running streams go on.
    }
  }

  const handle = async (frame: Frame) => {
    if (frame.kind === "control") return handleControl(frame)
    const stream = streams.get(frame.streamId)
    if (stream === undefined) return
    if (frame.payload.length > 0) await stream.receive(frame.payload)
    if (frame.flags & FIN) stream.receiveEnd()
  }

  const run = async () => {
    const reader = createFrameReader()
    for await (const chunk of transport) for (const frame of reader.push(chunk as Buffer)) await handle(frame)
  }
  const closed = run()
    .catch(() => undefined)
    .then(() => {
      headerReader.close()
      const left = [...streams.values()]
      streams.clear()
      for (const stream of left) breakOff(stream)
      transport.destroy()
    })

  return {
    closed,
    open(headers) {
      const id = nextId
      nextId += 2
      const priority = Buffer.alloc(2)
      control(frameTypes.synStream, 0, id, 0, priority, encodeHeaders(headers))
      return add(id, headers)
    },
    close() {
      if (transport.writableEnded || transport.destroyed) return
      control(frameTypes.goAway, 0, lastPeerId, 0)
      transport.end()
    },
  }
}
