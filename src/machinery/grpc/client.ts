import type { ClientReadableStream, Client as GrpcClient, ServiceError } from "@grpc/grpc-js"
import type { Clock } from "../../platform/clock.ts"
import { decodeMessage, encodeMessage } from "../protobuf/envelope.ts"
import { codeOf, GrpcError, hasGrpcCode } from "./code.ts"
import { channelOptions, grpc } from "./library.ts"
import type { CallOptions, ClientOf, MethodSchema, Methods, ServiceSchema } from "./service.ts"
import { socketAddress } from "./socket-address.ts"

/** A connection to a server. It connects at the first call, and again when it was lost. */
export interface GrpcChannel {
  /** The calls of one of the server's services. May be asked for any number of times. */
  client<M extends Methods>(service: ServiceSchema<M>): ClientOf<ServiceSchema<M>>
  /** Ends the connection. Calls that run go on to their end; new ones fail. */
  close(): void
}

/**
 * Connects to a Unix socket, by its absolute path. While nobody listens there, calls fail with `Unavailable` at once.
 * The caller closes the channel. `clock` is the machine's own: the library compares deadlines with it.
 */
export function openChannel(socketPath: string, clock: Pick<Clock, "nowMs">): GrpcChannel {
  const library = grpc()
  const address = socketAddress(socketPath)
  const connection = new library.Client(`unix:${address.path}`, library.credentials.createInsecure(), channelOptions)
  return {
    client<M extends Methods>(service: ServiceSchema<M>) {
      const calls = Object.entries(service.methods).map(([name, method]) => {
        const path = `/${service.name}/${name}`
        return [
          name,
          method.streams ? streamCall(connection, path, method, clock) : unaryCall(connection, path, method, clock),
        ]
      })
      return Object.fromEntries(calls) as ClientOf<ServiceSchema<M>>
    },
    close() {
      connection.close()
      address.release()
    },
  }
}

const serializer = (method: MethodSchema) => (value: object) => Buffer.from(encodeMessage(method.request, value))
const deserializer = (method: MethodSchema) => (bytes: Buffer) => decodeMessage(method.response, bytes) as object

/** The deadline travels with the call, so that the server stops as well. */
type DeadlineClock = Pick<Clock, "nowMs">
function callOptions({ timeoutMs }: CallOptions, clock: DeadlineClock) {
  return timeoutMs === undefined ? {} : { deadline: clock.nowMs() + timeoutMs }
}

function unaryCall(connection: GrpcClient, path: string, method: MethodSchema, clock: DeadlineClock) {
  const serialize = serializer(method)
  const deserialize = deserializer(method)
  return (request: object, options: CallOptions = {}): Promise<object> =>
    new Promise((resolve, reject) => {
      const { signal } = options
      if (signal?.aborted) return reject(canceled(signal))
      const limits = callOptions(options, clock)
      const call = connection.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        new (grpc().Metadata)(),
        limits,
        (error, response) => {
          signal?.removeEventListener("abort", cancel)
          if (error !== null) reject(inTime(fromLibrary(error, signal), limits, signal, clock))
          else resolve(response ?? {})
        },
      )
      const cancel = () => call.cancel()
      signal?.addEventListener("abort", cancel, { once: true })
    })
}

function streamCall(connection: GrpcClient, path: string, method: MethodSchema, clock: DeadlineClock) {
  const serialize = serializer(method)
  const deserialize = deserializer(method)
  return async function* (request: object, options: CallOptions = {}): AsyncGenerator<object, void, undefined> {
    const { signal } = options
    if (signal?.aborted) throw canceled(signal)
    const metadata = new (grpc().Metadata)()
    const call: ClientReadableStream<object> = connection.makeServerStreamRequest(
      path,
      serialize,
      deserialize,
      request,
      metadata,
      callOptions(options, clock),
    )
    const cancel = () => call.cancel()
    signal?.addEventListener("abort", cancel, { once: true })
    // A call that was left early still says that it was cancelled.
    call.on("error", () => undefined)
    try {
      for await (const response of call) yield response as object
    } catch (error) {
      throw fromLibrary(error, signal)
    } finally {
      signal?.removeEventListener("abort", cancel)
      call.cancel()
    }
  }
}

/** A server whose own limit ran out first calls it cancelled, which is a deadline here as in Go. */
function inTime(
  error: unknown,
  { deadline = Number.POSITIVE_INFINITY }: { readonly deadline?: number },
  signal: AbortSignal | undefined,
  clock: DeadlineClock,
): unknown {
  if (signal?.aborted || !hasGrpcCode(error, "Canceled") || clock.nowMs() < deadline) return error
  return new GrpcError("DeadlineExceeded", "context deadline exceeded", { cause: error })
}

function canceled(signal: AbortSignal): GrpcError {
  return new GrpcError("Canceled", "context canceled", { cause: signal.reason })
}

function fromLibrary(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return canceled(signal)
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "number") return error
  const { code, details } = error as ServiceError
  return new GrpcError(codeOf(code), details, { cause: error })
}
