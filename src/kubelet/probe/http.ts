import type { ClientRequest, IncomingMessage } from "node:http"
import { request as httpsRequest } from "node:https"
import { quote } from "../../machinery/field/quote.ts"
import { wordsOf } from "../../machinery/net/connection-words.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Clock } from "../../platform/clock.ts"
import { http } from "../../platform/on-first-use.ts"
import { deadline } from "./deadline.ts"
import type { ProbeOutcome } from "./result.ts"

export interface HttpTarget {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly scheme: "http:" | "https:"
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly userAgent: string
  readonly timeoutMs: number
}

/** More of an answer is not read. */
const bodyBytesMax = 10 * 1024
/** The first request counts. */
const requestsMax = 10
const protocols: ReadonlySet<string> = new Set(["http:", "https:"])

/** What a server said, or why it said nothing, in Go's words. */
export type HttpAnswer = { readonly status: number; readonly body: string } | { readonly failed: string }

/** Asks once, without keeping the connection, and judges by the status. */
export async function probeHttp(
  target: HttpTarget,
  clock: Pick<Clock, "after" | "monotonicMs">,
): Promise<ProbeOutcome> {
  const answer = await httpGet(target, clock)
  if ("failed" in answer) return { outcome: "failure", output: answer.failed }
  const { body, status } = answer
  if (status >= 200 && status < 300) return { outcome: "success", output: body }
  if (status >= 300 && status < 400) {
    return { outcome: "warning", output: `Probe terminated redirects, Response body: ${body}` }
  }
  return { outcome: "failure", output: `HTTP probe failed with statuscode: ${status}` }
}

/**
 * The answer to a request, after redirects to the same host. Certificates are not verified: pods have none that a node
 * could check.
 */
export function httpGet(target: HttpTarget, clock: Pick<Clock, "after" | "monotonicMs">): Promise<HttpAnswer> {
  const { headers, timeoutMs, userAgent } = target
  const options = {
    method: "GET",
    agent: false,
    rejectUnauthorized: false,
    headers: headersOf(headers, userAgent),
  } as const
  return new Promise((resolve) => {
    let request: ClientRequest | undefined
    // As it was written: Node leaves usual ports out.
    let shown = urlOf(target)
    let url = new URL(shown)
    const { hostname } = url
    const finish = (answer: HttpAnswer) => {
      timer.cancel()
      request?.destroy()
      resolve(answer)
    }
    const fail = (text: string, where = shown) => finish({ failed: `Get ${quote(where)}: ${text}` })
    const timer = deadline(clock, timeoutMs, () => {
      fail("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    })
    const ask = (requests: number) => {
      const current = (url.protocol === "https:" ? httpsRequest : http().request)(url, options, (response) => {
        const { statusCode: status = 0 } = response
        const { location = "" } = response.headers
        const next = redirect(url, status, location)
        if (next?.hostname !== hostname) {
          readSome(response, (body) => finish({ status, body }), fail)
        } else if (requests >= requestsMax) {
          fail(`stopped after ${requestsMax} redirects`, location)
        } else {
          current
            .removeListener("error", failed)
            .on("error", () => undefined)
            .destroy()
          url = next
          shown = next.href
          attempt(requests + 1)
        }
      })
      request = current.on("error", failed)
      current.end()
    }
    /** A redirect may lead to what is no address, and a header may hold what none can: that must end nothing else. */
    const attempt = (requests: number) => {
      if (!protocols.has(url.protocol)) return fail(`unsupported protocol scheme ${quote(url.protocol.slice(0, -1))}`)
      try {
        ask(requests)
      } catch (error) {
        fail(messageOf(error))
      }
    }
    const failed = (error: Error) => fail(wordsOf(error))
    attempt(1)
  })
}

function urlOf({ host, path, port, scheme }: HttpTarget): string {
  return `${scheme}//${hostPort({ host, port })}${path.startsWith("/") ? path : `/${path}`}`
}

/** A server may send without end. */
function readSome(response: IncomingMessage, done: (body: string) => void, fail: (text: string) => void): void {
  const chunks: Buffer[] = []
  let length = 0
  const end = () => done(Buffer.concat(chunks).subarray(0, bodyBytesMax).toString())
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= bodyBytesMax) end()
  })
  response.on("error", (error) => fail(wordsOf(error)))
  response.on("end", end)
}

/** Empty values of two headers mean that they are not sent. */
const droppedWhenEmpty: ReadonlySet<string> = new Set(["accept", "user-agent"])

function headersOf(headers: HttpTarget["headers"], userAgent: string): Record<string, string[]> {
  const all = new Map([
    ["user-agent", [userAgent]],
    ["accept", ["*/*"]],
  ])
  const given = Map.groupBy(headers, ({ name }) => name.toLowerCase())
  for (const [name, values] of given) {
    // There is one host.
    const counted = name === "host" ? values.slice(0, 1) : values
    all.set(
      name,
      counted.map(({ value }) => value),
    )
  }
  return Object.fromEntries([...all].filter(([name, values]) => values[0] !== "" || !droppedWhenEmpty.has(name)))
}

/** Where an answer sends us, if anywhere. */
function redirect(from: URL, status: number, location: string): URL | undefined {
  const moved = [301, 302, 303, 307, 308].includes(status)
  return moved && location !== "" && URL.canParse(location, from) ? new URL(location, from) : undefined
}
