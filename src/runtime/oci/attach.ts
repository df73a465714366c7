import type { Socket } from "node:net"
import { PassThrough, type Readable, Writable } from "node:stream"
import { connectPacketSocket } from "../../platform/linux/packet-socket.ts"
import type { ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import type { AttachRequest, AttachStream } from "../runtime.ts"
import { needRunning } from "./containers.ts"
import type { OciContext } from "./context.ts"
import { attachSocket, resizeTerminal } from "./monitor.ts"

// conmon's first byte of each packet.
const STDOUT = 2
const STDERR = 3
/** conmon reads at most 32 KiB of a packet and drops the rest. */
const PACKET_BYTES_MAX = 8192

/** Connects to the streams of a container's first process, which its monitor owns. */
export function attach(context: OciContext, id: ContainerId, request: AttachRequest): AttachStream {
  const { record } = needRunning(context, id)
  if (request.tty !== record.config.tty) {
    const found = record.config.tty ? "has a terminal" : "has no terminal"
    throw new RuntimeError("InvalidArgument", `container ${id} ${found}: attach with tty ${record.config.tty}`)
  }
  const { bundle } = context.layout.container(id)
  let socket: Socket
  try {
    socket = connectPacketSocket(attachSocket(bundle))
  } catch (cause) {
    throw new RuntimeError("RuntimeFailure", `the monitor of container ${id} does not answer`, { cause })
  }
  const stdout = request.stdout ? new PassThrough() : null
  const stderr = request.stderr && !request.tty ? new PassThrough() : null
  distribute(socket, stdout, stderr)
  return {
    stdin: request.stdin && record.config.stdin ? inputOf(socket) : null,
    stdout,
    stderr,
    resize: (width, height) => void resizeTerminal(bundle, width, height),
    kill: () => socket.destroy(),
  }
}

function distribute(socket: Socket, stdout: PassThrough | null, stderr: PassThrough | null): void {
  const outputs = [stdout, stderr].filter((stream) => stream !== null)
  socket.on("data", (packet: Buffer) => {
    const target = packet[0] === STDOUT ? stdout : packet[0] === STDERR ? stderr : null
    if (target === null || target.destroyed || target.write(packet.subarray(1))) return
    // The monitor waits for us, and the container for it, until the reader has caught up.
    socket.pause()
    target.once("drain", () => socket.resume())
  })
  const end = () => outputs.forEach((stream: Readable & PassThrough) => stream.end())
  socket.on("end", () => {
    end()
    socket.destroy()
  })
  socket.on("close", end)
  socket.on("error", () => socket.destroy())
}

/** Sends packet after packet, as two that are written together would become one. */
function inputOf(socket: Socket): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      send(socket, chunk, 0, done)
    },
    final(done) {
      socket.end(() => done())
    },
  }).on("error", () => undefined)
}

function send(socket: Socket, chunk: Buffer, from: number, done: (error?: Error | null) => void): void {
  if (from >= chunk.length) return done()
  socket.write(chunk.subarray(from, from + PACKET_BYTES_MAX), (error) =>
    error ? done(error) : send(socket, chunk, from + PACKET_BYTES_MAX, done),
  )
}
