import { request as httpsRequest } from "node:https"
import { quote } from "../../machinery/field/quote.ts"
import { wordsOf } from "../../machinery/net/connection-words.ts"
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
const redirectsMax = 10

/** Asks once, without keeping the connection. Certificates are not verified: pods have none that a node could check. */
export function httpGet(
  target: HttpTarget,
  clock: Pick<Clock, "after" | "monotonicMs">,
  hops = 0,
): Promise<ProbeOutcome> {
  const { headers, host, path, port, scheme, timeoutMs, userAgent } = target
  const name = host.includes(":") ? `[${host}]` : host
  const url = `${scheme}//${name}:${port}${path.startsWith("/") ? path : `/${path}`}`
  return new Promise((resolve) => {
    const options = {
      method: "GET",
      agent: false,
      rejectUnauthorized: false,
      headers: headersOf(headers, userAgent),
    } as const
    const fail = (text: string) => finish({ outcome: "failure", output: `Get ${quote(url)}: ${text}` })
    const request = (scheme === "https:" ? httpsRequest : http().request)(url, options, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on("data", (chunk: Buffer) => {
        if (length < bodyBytesMax) chunks.push(chunk)
        length += chunk.length
      })
      response.on("error", ({ message }) => fail(message))
      response.on("end", () => {
        const body = Buffer.concat(chunks).subarray(0, bodyBytesMax).toString()
        const next = redirect(url, response.statusCode ?? 0, response.headers.location)
        if (next === undefined || hops >= redirectsMax)
          finish(judge(response.statusCode ?? 0, body, next === undefined))
        else if (next.hostname !== new URL(url).hostname) {
          finish({ outcome: "warning", output: `Probe terminated redirects, Response body: ${body}` })
        } else {
          timer.cancel()
          const { hostname, pathname, protocol, search } = next
          const scheme = protocol === "https:" ? "https:" : "http:"
          const port = Number(next.port || (scheme === "https:" ? 443 : 80))
          resolve(httpGet({ ...target, host: hostname, port, path: pathname + search, scheme }, clock, hops + 1))
        }
      })
    })
    const timer = deadline(clock, timeoutMs, () => {
      fail("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    })
    request.on("error", (error) => fail(wordsOf(error)))
    request.end()
    function finish(result: ProbeOutcome) {
      timer.cancel()
      request.destroy()
      resolve(result)
    }
  })
}

function headersOf(headers: HttpTarget["headers"], userAgent: string): Record<string, string> {
  const all = new Map(headers.map(({ name, value }) => [name.toLowerCase(), value]))
  if (!all.has("user-agent")) all.set("user-agent", userAgent)
  if (!all.has("accept")) all.set("accept", "*/*")
  return Object.fromEntries([...all].filter(([, value]) => value !== ""))
}

/** Where an answer sends us, if anywhere. */
function redirect(url: string, status: number, location: string | undefined): URL | undefined {
  const moved = [301, 302, 303, 307, 308].includes(status)
  return moved && location !== undefined && URL.canParse(location, url) ? new URL(location, url) : undefined
}

function judge(status: number, body: string, arrived: boolean): ProbeOutcome {
  if (!arrived) return { outcome: "warning", output: `Probe terminated redirects, Response body: ${body}` }
  if (status >= 200 && status < 400) return { outcome: "success", output: body }
  return { outcome: "failure", output: `HTTP probe failed with statuscode: ${status}` }
}
