import { lstatSync, rmSync } from "node:fs"
import { createServer, type Server as NetServer } from "node:net"
import type {
  ConnectionInjector,
  Server as GrpcLibraryServer,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerWritableStream,
} from "@grpc/grpc-js"
import { onFirstCall } from "../../platform/on-first-use.ts"
import { messageOf } from "../status/message-of.ts"
import { codeNumber, GrpcError } from "./code.ts"
import { channelOptions, grpc } from "./library.ts"
import type { HandlersOf, MethodSchema, Methods, ServerCall, ServiceSchema } from "./service.ts"
import { socketAddress } from "./socket-address.ts"

const { decodeMessage, encodeMessage } = onFirstCall<typeof import("../protobuf/envelope.ts")>(
  "../protobuf/envelope.ts",
  import.meta.url,
)

/** A service with the methods that answer for it. */
export interface Implementation {
  readonly service: ServiceSchema
  readonly handlers: { readonly [method: string]: Handler | undefined }
}
type Handler = (request: never, call: ServerCall) => Promise<object> | AsyncIterable<object>

export interface GrpcServer {
  /** Ends all calls and stops listening; the socket is removed. May be called again. */
  close(): void
}

/**
 * Ties methods to their service. A method answers with the code of a `GrpcError` that it throws; any other error becomes
 * `Unknown` with its message, as in Go.
 */
export function implement<M extends Methods>(
  service: ServiceSchema<M>,
  handlers: HandlersOf<ServiceSchema<M>>,
): Implementation {
  // Each handler takes what its own method's schema says, which the types above have checked.
  return { service, handlers: handlers as unknown as Implementation["handlers"] }
}

/**
 * Serves on a Unix socket. A socket that an earlier process has left there is replaced. Resolves when it listens; rejects
 * when the path cannot be used. The caller closes it. `implementations` is called when somebody connects.
 */
export async function serveGrpc(
  options: {
    readonly socketPath: string
    /** Of the socket's file. Default: only for the own user. */
    readonly mode?: number
  },
  implementations: () => readonly Implementation[],
): Promise<GrpcServer> {
  const { socketPath, mode = 0o600 } = options
  if (lstatSync(socketPath, { throwIfNoEntry: false })?.isSocket()) rmSync(socketPath)
  let started: { readonly server: GrpcLibraryServer; readonly injector: ConnectionInjector } | undefined
  const listener = createServer((socket) => {
    started ??= start(implementations())
    started.injector.injectConnection(socket)
  })
  const address = socketAddress(socketPath)
  // When it has closed its file is gone.
  listener.once("close", address.release)
  try {
    await listenOn(listener, address.path, mode)
  } catch (error) {
    address.release()
    throw error
  }
  return {
    close() {
      listener.close()
      started?.injector.destroy()
      started?.server.forceShutdown()
    },
  }
}

/** The library is not loaded before somebody connects. */
function start(implementations: readonly Implementation[]) {
  const server = new (grpc().Server)(channelOptions)
  for (const implementation of implementations) addService(server, implementation)
  return { server, injector: server.createConnectionInjector(grpc().ServerCredentials.createInsecure()) }
}

function listenOn(listener: NetServer, socketPath: string, mode: number): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject)
    // The socket is made with its mode: nobody else gets in between.
    const umask = process.umask(0o777 & ~mode)
    try {
      listener.listen(socketPath, () => {
        listener.off("error", reject)
        resolve()
      })
    } finally {
      process.umask(umask)
    }
  })
}

function addService(server: GrpcLibraryServer, { handlers, service }: Implementation): void {
  const definitions = Object.entries(service.methods).map(([name, method]) => {
    return [name, definition(`/${service.name}/${name}`, method)] as const
  })
  const methods = Object.entries(service.methods).flatMap(([name, method]) => {
    const handler = handlers[name]
    if (handler === undefined) return []
    return [[name, method.streams ? answerStream(handler) : answerUnary(handler)]] as const
  })
  server.addService(Object.fromEntries(definitions), Object.fromEntries(methods))
}

function definition(path: string, { request, response, streams }: MethodSchema) {
  const write = (struct: MethodSchema["request"]) => (value: object) => Buffer.from(encodeMessage(struct, value))
  const read = (struct: MethodSchema["request"]) => (bytes: Buffer) => decodeMessage(struct, bytes) as object
  return {
    path,
    requestStream: false,
    responseStream: streams,
    requestSerialize: write(request),
    requestDeserialize: read(request),
    responseSerialize: write(response),
    responseDeserialize: read(response),
  }
}

function answerUnary(handler: Handler): handleUnaryCall<object, object> {
  return (call, respond) => {
    const ended = new AbortController()
    call.on("cancelled", () => ended.abort())
    const answer = async () => (await handler(call.request as never, { signal: ended.signal })) as object
    answer().then(
      (response) => respond(null, response),
      (error: unknown) => respond(toLibrary(error)),
    )
  }
}

function answerStream(handler: Handler): handleServerStreamingCall<object, object> {
  return (call) => {
    const ended = new AbortController()
    call.on("cancelled", () => ended.abort())
    call.on("close", () => ended.abort())
    const responses = handler(call.request as never, { signal: ended.signal }) as AsyncIterable<object>
    pump(call, responses, ended.signal).then(
      () => call.end(),
      (error: unknown) => call.emit("error", toLibrary(error)),
    )
  }
}

/** Waits when the client takes less than there is. Ends, and lets the source end, when the client is gone. */
async function pump(
  call: ServerWritableStream<object, object>,
  responses: AsyncIterable<object>,
  signal: AbortSignal,
): Promise<void> {
  for await (const response of responses) {
    if (signal.aborted) return
    if (call.write(response)) continue
    await new Promise<void>((resolve) => {
      const go = () => {
        call.off("drain", go)
        signal.removeEventListener("abort", go)
        resolve()
      }
      call.once("drain", go)
      signal.addEventListener("abort", go, { once: true })
    })
  }
}

function toLibrary(error: unknown): { code: number; details: string } {
  if (error instanceof GrpcError) return { code: codeNumber(error.code), details: error.details }
  return { code: codeNumber("Unknown"), details: messageOf(error) }
}
