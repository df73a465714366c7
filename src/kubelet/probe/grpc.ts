import { connect, constants } from "node:http2"
import { quote } from "../../machinery/field/quote.ts"
import type { Clock } from "../../platform/clock.ts"
import { deadline } from "./deadline.ts"
import type { ProbeOutcome } from "./result.ts"

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const serving = 1
const statusNames = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
const unimplemented = "12"

/** Asks a server's health service, without TLS. */
export function probeGrpc(
  target: { readonly host: string; readonly port: number; readonly service: string; readonly timeoutMs: number },
  clock: Pick<Clock, "after" | "monotonicMs">,
): Promise<ProbeOutcome> {
  const { host, port, service, timeoutMs } = target
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`
  return new Promise((resolve) => {
    const session = connect(`http://${address}`)
    const finish = (outcome: ProbeOutcome["outcome"], output: string) => {
      timer.cancel()
      session.destroy()
      resolve({ outcome, output })
    }
    const unreachable = (why: string) =>
      finish("failure", `timeout: failed to connect service ${quote(address)} within ${timeoutMs / 1000}s: ${why}`)
    const timer = deadline(clock, timeoutMs, () => unreachable("context deadline exceeded"))
    session.on("error", ({ message }) => unreachable(message))
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
      "user-agent": "kube-probe/1.36",
    })
    const chunks: Buffer[] = []
    let code: unknown
    stream.on("response", (headers) => (code ??= headers["grpc-status"]))
    stream.on("trailers", (headers) => (code ??= headers["grpc-status"]))
    stream.on("data", (chunk: Buffer) => chunks.push(chunk))
    stream.on("error", ({ message }) => unreachable(message))
    stream.on("end", () => {
      if (code === unimplemented) {
        const hint = "this server does not implement the grpc health protocol (grpc.health.v1.Health)"
        return finish("failure", `error: ${hint}`)
      }
      if (code !== "0" && code !== undefined)
        return finish("failure", `error: health rpc probe failed: code ${String(code)}`)
      const status = servingStatus(Buffer.concat(chunks))
      if (status === serving) return finish("success", "service healthy")
      finish("failure", `service unhealthy (responded with ${quote(statusNames[status] ?? String(status))})`)
    })
    stream.end(frame(service))
  })
}

/** A gRPC message frame with `HealthCheckRequest { service = 1 }`. */
function frame(service: string): Buffer {
  const name = Buffer.from(service)
  // Names are shorter than 128 bytes, so one byte holds the length.
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Field 1 of the response; absent means 0. */
function servingStatus(body: Buffer): number {
  const message = body.subarray(5)
  return message[0] === 0x08 ? (message[1] ?? 0) : 0
}
