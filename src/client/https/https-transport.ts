import type { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { createGunzip } from "node:zlib"
import { parseJson } from "../../machinery/json/parse.ts"
import { statusErrorFrom, statusErrorFromCode } from "../../machinery/status/from-response.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ApiRequest, Transport, WatchEvent, WatchEventType } from "../transport.ts"
import { ConnectionError } from "./connection-error.ts"
import type { Credentials, Secret } from "./credentials.ts"
import { lines } from "./lines.ts"
import type { OnReply } from "./request-metrics.ts"
import { type Reply, sendOver } from "./send.ts"
import { Sessions } from "./sessions.ts"

export interface HttpsTransportOptions extends Credentials {
  /** `https://host:port`. */
  readonly server: string
  /** The name that the server's certificate must carry. Default: the host of `server`. */
  readonly serverName?: string
  /** The same as `token: { file }`. */
  readonly tokenFile?: string
  /** How long to go on trying, since it began to refuse connections, as a server does that is starting. Default: 0. */
  readonly patienceMs?: number
  readonly platform: Pick<Platform, "clock" | "log">
  /** Such as `gantry-agent/0.1.0`. */
  readonly userAgent: string
  /** For metrics. */
  readonly onReply?: OnReply
}

export interface HttpsTransport extends Transport {
  /** Ends all requests and watches. */
  close(): void
}

/** As client-go: more often than this the server does not mean it. */
const RETRIES_MAX = 10

/**
 * Requests over HTTP/2 with TLS. Many share one connection. What the server asks to repeat (`Retry-After`), and what it
 * certainly has not seen, is repeated here; a read whose connection broke is repeated once. Everything else fails with
 * a `StatusError`: `ConnectionError` (503) when there was no answer.
 */
export function createHttpsTransport(options: HttpsTransportOptions): HttpsTransport {
  const { onReply, platform, server, userAgent, tokenFile, serverName, patienceMs = 0, ca, cert, key } = options
  const token: Secret | undefined = tokenFile === undefined ? options.token : { file: tokenFile }
  const sessions = new Sessions({
    server,
    credentials: { ca, ...(cert && { cert }), ...(key && { key }), ...(token && { token }) },
    ...(serverName && { serverName }),
    patienceMs,
    platform,
  })

  /** The answer, when it is one that the caller wants; refusals are thrown. */
  async function request(request: ApiRequest): Promise<Reply> {
    let broken = false
    for (let attempt = 0; ; attempt++) {
      let reply: Reply
      const beganMs = platform.clock.monotonicMs()
      const tell = (code: string) => onReply?.(request.method, code, (platform.clock.monotonicMs() - beganMs) / 1000)
      try {
        reply = await sendOver(sessions, request, { server, userAgent })
        tell(String(reply.code))
      } catch (error) {
        tell("<error>")
        request.signal?.throwIfAborted()
        if (!(error instanceof ConnectionError) || broken || !mayRepeat(error, request)) throw error
        broken = true
        continue
      }
      if (reply.code >= 200 && reply.code < 300) return reply
      const pauseMs = retryAfterMs(reply)
      const body = await textOf(reply)
      if (pauseMs === undefined || attempt >= RETRIES_MAX) throw refusal(reply, body)
      await platform.clock.sleep(pauseMs, request.signal)
    }
  }

  return {
    async send(wanted) {
      const reply = await request(wanted)
      const text = await textOf(reply).catch((error: unknown) => {
        wanted.signal?.throwIfAborted()
        throw new ConnectionError(server, error, true)
      })
      return text === "" ? undefined : parseBody(text)
    },
    watch: (wanted) => watch(wanted, request, server),
    close: () => sessions.close(),
  }
}

async function* watch(
  wanted: ApiRequest,
  request: (request: ApiRequest) => Promise<Reply>,
  server: string,
): AsyncIterable<WatchEvent<unknown>> {
  const { signal } = wanted
  let reply: Reply | undefined
  try {
    reply = await request(wanted)
    for await (const line of lines(bodyOf(reply))) yield eventOf(line)
  } catch (error) {
    // Whoever aborts has stopped to listen.
    if (signal?.aborted) return
    if (reply === undefined || !isStreamError(error)) throw error
    throw new ConnectionError(server, error, true)
  } finally {
    reply?.stream.destroy()
  }
}

function eventOf(line: string): WatchEvent<unknown> {
  const { type, object } = parseBody(line) as { readonly type: WatchEventType | "ERROR"; readonly object: unknown }
  if (type !== "ERROR") return { type, object }
  throw statusErrorFrom(object) ?? statusErrorFromCode(500, line)
}

const isStreamError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string"

function mayRepeat(error: ConnectionError, request: ApiRequest): boolean {
  // A refused connection is the caller's to retry, with its own pauses; one that was found dead is not its business.
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? ""
  if (!error.sent) return code.startsWith("ERR_HTTP2_")
  return request.method === "GET"
}

function retryAfterMs({ code, headers }: Reply): number | undefined {
  if (code !== 429 && code < 500) return undefined
  const seconds = Number.parseInt(String(headers["retry-after"] ?? ""), 10)
  return seconds >= 0 ? seconds * 1000 : undefined
}

function refusal(reply: Reply, body: string) {
  const json = String(reply.headers["content-type"] ?? "").startsWith("application/json")
  return (json ? statusErrorFrom(parseBody(body)) : undefined) ?? statusErrorFromCode(reply.code, body)
}

function bodyOf({ stream, headers }: Reply): Readable {
  if (headers["content-encoding"] !== "gzip") return stream
  const plain = createGunzip()
  stream.on("error", (error) => plain.destroy(error))
  return stream.pipe(plain)
}

async function textOf(reply: Reply): Promise<string> {
  return (await buffer(bodyOf(reply))).toString()
}

// Numbers that a double cannot hold have at least 16 digits; only then is the exact parser worth its time.
const LONG_NUMBER = /\d{16}/

function parseBody(text: string): unknown {
  return LONG_NUMBER.test(text) ? parseJson(text).value : JSON.parse(text)
}
