import { hostPort } from "../../machinery/net/host-port.ts"
import { timeout } from "../../machinery/status/errors.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ApiCall, ApiResult, CallHandler } from "../call.ts"
import { text } from "../request/router.ts"
import { timeoutOf } from "../request/timeout.ts"
import type { ServiceAddress } from "../service-resolver.ts"
import { forward, passThrough } from "../streaming/forward.ts"
import type { ProxiedPlace } from "../streaming/proxied-url.ts"
import { forwardedHeaders, type RawAnswer, rewriteLinks } from "../streaming/rewrite-links.ts"
import type { Backend } from "../streaming/send.ts"
import type { ExtensionServer } from "./extension-server.ts"
import { answerInProcess } from "./in-process-answer.ts"

/** Passes requests on to the server behind an APIService, in the name of whoever asked this one. */
export interface ProxyOptions {
  readonly server: () => ExtensionServer
  readonly isAvailable: () => boolean
  readonly clock: Clock
}

/** Asking what a version has is cheap; clients ask all servers, and wait for the slowest. The figure is Kubernetes'. */
const DISCOVERY_TIMEOUT_MS = 5000

export function createProxy({ server, isAvailable, clock }: ProxyOptions): CallHandler {
  return async (call) => {
    if (!isAvailable()) return unavailable
    const target = targetOf(call)
    const found = addressOf(server())
    if (found === undefined) return unavailable
    let backend: Backend
    try {
      backend = server().backend(found, target, call.user)
    } catch (error) {
      return text(500, `${messageOf(error)}\n`)
    }
    const exchange = call.connection?.exchange
    if (exchange === undefined) return answerInProcess(call, backend, clock)
    const place = placeOf(found)
    const headers = { ...backend.headers, ...forwardedHeaders(place, target.split("?", 1)[0] ?? "") }
    const limit = limited(call, clock)
    try {
      const result = await forward(exchange, { ...backend, headers }, clock, limit.signal)
      if (result.type === "taken") {
        limit.cancel()
        return result
      }
      result.response.once("close", limit.cancel)
      return withoutRedirect(passThrough(result.response), place)
    } catch (error) {
      limit.cancel()
      if (limit.isOver() && !isDiscovery(call)) throw timeout("request did not complete within the allotted timeout")
      if (error instanceof StatusError) return text(error.code, `${error.message}\n`)
      throw error
    }
  }
}

/** Its links stay as they are: it appears at the paths at which it serves. */
function placeOf(found: ServiceAddress): ProxiedPlace {
  const host = hostPort(found)
  return { scheme: "https", host, prefix: "", backendHost: host, requestHost: host }
}

const unavailable = text(503, "service unavailable\n")

function addressOf(server: ExtensionServer): ServiceAddress | undefined {
  try {
    return server.address()
  } catch {
    // The APIService's condition says more, to those who may read it.
    return undefined
  }
}

/** Path and query. The path is what was authorized: decoded once, and encoded anew. */
function targetOf({ info, query, connection }: ApiCall): string {
  const sent = connection?.exchange.target
  if (sent !== undefined && !sent.includes("%")) return sent
  const path = info.path.split("/").map(encodeURIComponent).join("/")
  const mark = sent?.indexOf("?") ?? -1
  if (sent !== undefined) return mark < 0 ? path : path + sent.slice(mark)
  return query.size > 0 ? `${path}?${query.toString()}` : path
}

/** `/apis/GROUP/VERSION` */
function isDiscovery({ info: { isResource, path } }: ApiCall): boolean {
  return !isResource && path.replace(/^\/+|\/+$/g, "").split("/").length === 3
}

interface Limit {
  readonly signal: AbortSignal
  readonly isOver: () => boolean
  readonly cancel: () => void
}

/** Ends what takes too long, answer included. */
function limited(call: ApiCall, clock: Clock): Limit {
  if (isLongRunning(call)) return { signal: call.signal, isOver: () => false, cancel: () => {} }
  const late = new AbortController()
  const timer = clock.after(isDiscovery(call) ? DISCOVERY_TIMEOUT_MS : limitOf(call), () =>
    late.abort(new DOMException("context deadline exceeded", "TimeoutError")),
  )
  const signal = AbortSignal.any([call.signal, late.signal])
  return { signal, isOver: () => late.signal.aborted, cancel: () => timer.cancel() }
}

const limitOf = ({ query }: ApiCall): number => timeoutOf(query)

const LONG_SUBRESOURCES = new Set(["attach", "exec", "proxy", "log", "portforward"])

function isLongRunning({ info: { isResource, verb, subresource } }: ApiCall): boolean {
  return isResource && (verb === "watch" || verb === "proxy" || LONG_SUBRESOURCES.has(subresource))
}

/** A client must not be led, with its credentials for this server, to wherever the other one wants. */
function withoutRedirect(answer: RawAnswer, place: ProxiedPlace): ApiResult {
  if (answer.headers["location"] === undefined || answer.code < 300 || answer.code > 399) {
    return rewriteLinks(answer, place)
  }
  return text(502, "the backend attempted to redirect this request, which is not permitted")
}
