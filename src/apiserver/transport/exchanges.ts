import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http"
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2"
import type { Duplex, Readable, Writable } from "node:stream"
import type { TLSSocket } from "node:tls"
import { http } from "../../platform/on-first-use.ts"
import type { Connection } from "./connections.ts"
import type { Exchange, ResponseHeaders } from "./exchange.ts"
import { readBody } from "./read-body.ts"

/** Why signals abort: one for all, since an error costs a stack. */
const GONE = new DOMException("The client went away.", "AbortError")

/** Over a raw HTTP/2 stream: node's compatibility objects would cost as much as the rest of a small request. */
export class Http2Exchange implements Exchange {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly #stream: ServerHttp2Stream
  readonly #rawHeaders: readonly string[]
  answering: ((code: number) => void) | undefined
  readonly #connection: Connection | undefined
  #aborts: AbortController | undefined

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    connection: Connection | undefined,
  ) {
    this.#stream = stream
    this.#connection = connection
    connection?.began()
    this.#rawHeaders = rawHeaders
    this.headers = headers
    this.method = headers[":method"] ?? "GET"
    this.target = headers[":path"] ?? "/"
    // A reset by the client is an ordinary end; whoever writes learns it from `signal` and `close`.
    stream.on("error", ignore)
    if (connection !== undefined) stream.once("close", connection.ended)
  }

  get socket(): TLSSocket {
    return this.#stream.session?.socket as TLSSocket
  }
  get signal(): AbortSignal {
    if (this.#aborts === undefined) {
      const aborts = (this.#aborts = new AbortController())
      if (this.#stream.destroyed) aborts.abort(GONE)
      else this.#stream.once("close", () => aborts.abort(GONE))
    }
    return this.#aborts.signal
  }
  get body(): Readable {
    return this.#stream
  }
  get answered(): boolean {
    // Closed by the client, it may still hold what nobody has read.
    return this.#stream.headersSent || this.#stream.closed || this.#stream.destroyed
  }

  valuesOf(name: string): string[] {
    return rawValues(this.#rawHeaders, name)
  }

  readBody(bytesMax: number): Promise<Uint8Array> {
    const announced = this.#stream.endAfterHeaders ? "0" : this.headers["content-length"]
    return readBody(this.#stream, bytesMax, announced)
  }

  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void {
    if (this.answered) return
    const empty = body === undefined || this.method === "HEAD"
    this.#stream.respond(
      { ":status": code, ...forNode(headers), "content-length": body?.length ?? 0 },
      { endStream: empty },
    )
    if (!empty) this.#stream.end(body)
    this.answering?.(code)
    // What is left of the request is not wanted; without this the client would go on sending it.
    if (!this.#stream.readableEnded) this.#stream.resume()
  }

  start(code: number, headers: ResponseHeaders): Writable {
    if (!this.answered) {
      this.#stream.respond({ ":status": code, ...forNode(headers) })
      this.answering?.(code)
    }
    return this.#stream
  }

  identified(isKnown: boolean): void {
    this.#connection?.identified(isKnown)
  }

  destroy(): void {
    this.#stream.destroy()
  }
}

export class Http1Exchange implements Exchange {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  answering: ((code: number) => void) | undefined
  readonly #connection: Connection | undefined
  #aborts: AbortController | undefined

  constructor(request: IncomingMessage, response: ServerResponse, connection: Connection | undefined) {
    this.#request = request
    this.#connection = connection
    connection?.began()
    this.#response = response
    this.method = request.method ?? "GET"
    this.target = request.url ?? "/"
    this.headers = request.headers
    response.on("error", ignore)
    request.on("error", ignore)
    if (connection !== undefined) response.once("close", connection.ended)
  }

  get socket(): TLSSocket {
    return this.#request.socket as TLSSocket
  }
  get signal(): AbortSignal {
    if (this.#aborts === undefined) {
      const aborts = (this.#aborts = new AbortController())
      if (this.#response.destroyed) aborts.abort(GONE)
      else this.#response.once("close", () => aborts.abort(GONE))
    }
    return this.#aborts.signal
  }
  get body(): Readable {
    return this.#request
  }
  get answered(): boolean {
    return this.#response.headersSent || this.#response.destroyed
  }

  valuesOf(name: string): string[] {
    return rawValues(this.#request.rawHeaders, name)
  }

  readBody(bytesMax: number): Promise<Uint8Array> {
    const { "content-length": announced, "transfer-encoding": encoding } = this.headers
    return readBody(this.#request, bytesMax, announced ?? (encoding === undefined ? "0" : undefined))
  }

  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void {
    if (this.answered) return
    const unread = !this.#request.complete
    this.#response.writeHead(code, {
      ...forNode(headers),
      "content-length": body?.length ?? 0,
      // A body that was refused half-way, or does not come, makes the connection useless for another request.
      ...(unread && (code === 413 || code === 504) ? { connection: "close" } : {}),
    })
    this.#response.end(body)
    this.answering?.(code)
    if (unread) this.#request.resume()
  }

  start(code: number, headers: ResponseHeaders): Writable {
    if (!this.answered) {
      this.#response.writeHead(code, forNode(headers))
      this.#response.flushHeaders()
      this.answering?.(code)
    }
    return this.#response
  }

  identified(isKnown: boolean): void {
    this.#connection?.identified(isKnown)
  }

  destroy(): void {
    this.#request.socket.destroy()
  }
}

/** A request to leave HTTP/1.1. An ordinary answer (a refusal) is written to the bare connection, which then ends. */
export class UpgradeExchange implements Exchange {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer }
  readonly #request: IncomingMessage
  answering: ((code: number) => void) | undefined
  readonly #connection: Connection | undefined
  #aborts: AbortController | undefined
  #answered = false

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer, connection: Connection | undefined) {
    this.#request = request
    this.#connection = connection
    // It ends with the connection.
    connection?.began()
    this.upgrade = { socket, head }
    this.method = request.method ?? "GET"
    this.target = request.url ?? "/"
    this.headers = request.headers
    socket.on("error", ignore)
  }

  get socket(): TLSSocket {
    return this.#request.socket as TLSSocket
  }
  get signal(): AbortSignal {
    if (this.#aborts === undefined) {
      const aborts = (this.#aborts = new AbortController())
      if (this.upgrade.socket.destroyed) aborts.abort(GONE)
      else this.upgrade.socket.once("close", () => aborts.abort(GONE))
    }
    return this.#aborts.signal
  }
  get body(): Readable {
    return this.#request
  }
  get answered(): boolean {
    return this.#answered || this.upgrade.socket.destroyed
  }

  valuesOf(name: string): string[] {
    return rawValues(this.#request.rawHeaders, name)
  }

  async readBody(): Promise<Uint8Array> {
    return new Uint8Array(0)
  }

  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void {
    if (this.answered) return
    const stream = this.start(code, { ...headers, "content-length": body?.length ?? 0 })
    stream.end(body)
  }

  start(code: number, headers: ResponseHeaders): Writable {
    const { socket } = this.upgrade
    if (this.answered) return socket
    this.#answered = true
    socket.write(formatHead(code, { ...headers, connection: "close" }))
    this.answering?.(code)
    return socket
  }

  identified(isKnown: boolean): void {
    this.#connection?.identified(isKnown)
  }

  destroy(): void {
    this.upgrade.socket.destroy()
  }
}

/** Status line and headers of an HTTP/1.1 answer. */
export function formatHead(code: number, headers: ResponseHeaders): string {
  const lines = [`HTTP/1.1 ${code} ${http().STATUS_CODES[code] ?? ""}`]
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${one}`)
  }
  return `${lines.join("\r\n")}\r\n\r\n`
}

/** Names and values in turn, as received. Node reads their bytes as Latin-1. */
function rawValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) values.push(Buffer.from(rawHeaders[at + 1] ?? "", "latin1").toString())
  }
  return values
}

const forNode = (headers: ResponseHeaders) => headers as OutgoingHttpHeaders

function ignore(): void {
  // Deliberately nothing: see where it is attached.
}
