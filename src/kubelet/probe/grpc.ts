import { type ClientHttp2Session, connect, constants } from "node:http2"
import { quote } from "../../machinery/field/quote.ts"
import { codeOf, GrpcError } from "../../machinery/grpc/code.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { formatMilliseconds } from "../../machinery/time/duration.ts"
import type { Clock } from "../../platform/clock.ts"
import { deadline } from "./deadline.ts"
import type { ProbeOutcome } from "./result.ts"

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const serving = 1
const statusNames = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
/** What gRPC's libraries take of a message, behind its head. */
const messageBytesMax = 4 * 1024 * 1024
const headBytes = 5
/** As gRPC's libraries wait before they connect again. */
const reconnectMs = 1000

interface GrpcTarget {
  readonly host: string
  readonly port: number
  readonly service: string
  readonly timeoutMs: number
}

/** Asks a server's health service, without TLS. A server that is not there yet may come within the time. */
export function probeGrpc(
  { host, port, service, timeoutMs }: GrpcTarget,
  clock: Pick<Clock, "after" | "monotonicMs">,
): Promise<ProbeOutcome> {
  const address = hostPort({ host, port })
  const limit = formatMilliseconds(timeoutMs)
  return new Promise((resolve) => {
    let session: ClientHttp2Session
    let connected = false
    let over = false
    let again = { cancel: () => {} }
    const finish = (outcome: ProbeOutcome["outcome"], output: string) => {
      over = true
      timer.cancel()
      again.cancel()
      session.destroy()
      resolve({ outcome, output })
    }
    const timer = deadline(clock, timeoutMs, () => {
      if (connected) return finish("failure", `timeout: health rpc did not complete within ${limit}`)
      const why = "context deadline exceeded"
      finish("failure", `timeout: failed to connect service ${quote(address)} within ${limit}: ${why}`)
    })
    const attempt = () => {
      session = connect(`http://${address}`)
      session.once("remoteSettings", () => {
        connected = true
        check(session, service).then(
          ({ outcome, output }) => finish(outcome, output),
          (error: unknown) => finish("failure", failureText(error)),
        )
      })
      session.on("error", (error) => {
        if (connected) finish("failure", failureText(new GrpcError("Unavailable", error.message)))
      })
      session.once("close", () => {
        if (!connected && !over) again = clock.after(reconnectMs, attempt)
      })
    }
    attempt()
  })
}

function failureText(error: unknown): string {
  if (error instanceof GrpcError && error.code === "Unimplemented") {
    const hint = "this server does not implement the grpc health protocol (grpc.health.v1.Health)"
    return `error: ${hint}: ${error.details}`
  }
  return `error: health rpc probe failed: ${messageOf(error)}`
}

/** Rejects also when the server has ended the session before. */
async function check(session: ClientHttp2Session, service: string): Promise<ProbeOutcome> {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
    [constants.HTTP2_HEADER_TE]: "trailers",
    "user-agent": "kube-probe/1.36",
  })
  const chunks: Buffer[] = []
  let length = 0
  let httpStatus = 0
  let said: { readonly code: number; readonly message: string } | undefined
  const listen = (headers: Readonly<Record<string, unknown>>) => {
    const code = headers["grpc-status"]
    if (code !== undefined) said = { code: Number(code), message: decoded(String(headers["grpc-message"] ?? "")) }
  }
  stream.on("response", (headers) => {
    httpStatus = headers[":status"] ?? 0
    listen(headers)
  })
  stream.on("trailers", listen)
  stream.end(frame(service))
  return new Promise((resolve, reject) => {
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      // A server may send without end.
      if (length > headBytes + messageBytesMax) {
        const announced = Buffer.concat(chunks.splice(0)).readUInt32BE(1)
        const text = `grpc: received message larger than max (${announced} vs. ${messageBytesMax})`
        reject(new GrpcError("ResourceExhausted", text))
        stream.destroy()
      }
    })
    stream.on("error", ({ message }) => reject(new GrpcError("Unavailable", message)))
    stream.on("end", () => {
      if (said === undefined) {
        const text = `unexpected HTTP status code received from server: ${httpStatus}`
        return reject(new GrpcError("Unknown", text))
      }
      if (said.code !== 0) return reject(new GrpcError(codeOf(said.code), said.message))
      const status = servingStatus(Buffer.concat(chunks))
      if (status === serving) return resolve({ outcome: "success", output: "service healthy" })
      const name = quote(statusNames[status] ?? String(status))
      resolve({ outcome: "failure", output: `service unhealthy (responded with ${name})` })
    })
  })
}

/** Messages travel percent-encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A gRPC message frame with `HealthCheckRequest { service = 1 }`. */
function frame(service: string): Buffer {
  const name = Buffer.from(service)
  const message =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

/** Field 1 of the response; absent means 0. */
function servingStatus(body: Buffer): number {
  const message = body.subarray(5)
  return message[0] === 0x08 ? (message[1] ?? 0) : 0
}
