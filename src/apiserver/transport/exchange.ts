import type { IncomingHttpHeaders, OutgoingHttpHeader } from "node:http"
import type { Duplex, Readable, Writable } from "node:stream"
import type { TLSSocket } from "node:tls"

/** By lower-case name. Node's own type forbids repeating headers that may be repeated. */
export type ResponseHeaders = Readonly<NodeJS.Dict<OutgoingHttpHeader>>

/** One request and its answer, the same for HTTP/1.1 and HTTP/2. */
export interface Exchange {
  readonly method: string
  /** Path and query, as received. */
  readonly target: string
  /** Names in lower case. Pseudo headers of HTTP/2 may be among them. */
  readonly headers: IncomingHttpHeaders
  /** Each value of a header that may be repeated, as text in UTF-8; `headers` joins them. The name in lower case. */
  valuesOf(name: string): readonly string[]
  /** The connection below; many exchanges share one under HTTP/2. */
  readonly socket: TLSSocket
  /** Aborts when the client goes away before the answer is complete. */
  readonly signal: AbortSignal
  /** The request's body. Reading it twice, or after `readBody`, gives nothing. */
  readonly body: Readable
  /** The whole body. Throws a 413 when it is longer than `bytesMax`. */
  readBody(bytesMax: number): Promise<Uint8Array>
  /** Answers with everything at once. */
  respond(code: number, headers: ResponseHeaders, body?: Uint8Array): void
  /** Sends the headers now; the caller writes and ends the body. */
  start(code: number, headers: ResponseHeaders): Writable
  readonly answered: boolean
  /** Told, when somebody sets it, that the head of the answer is sent. */
  answering?: ((code: number) => void) | undefined
  /** Tells the connection whether its client has shown who it is: strangers are the first to go. */
  identified(isKnown: boolean): void
  /** Gives up the connection (HTTP/1.1) or the stream (HTTP/2) without a proper end. */
  destroy(): void
  /** Present when the client asked to leave HTTP/1.1: the raw connection, and what it sent already. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer }
}

export type ExchangeHandler = (exchange: Exchange) => void
