import { StatusError } from "../../machinery/status/status-error.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ApiCall, ApiResult, CallHandler } from "../call.ts"
import { text } from "../request/router.ts"
import type { ServiceAddress } from "../service-resolver.ts"
import { forward, passThrough } from "../streaming/forward.ts"
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
      return text(500, `${error instanceof Error ? error.message : String(error)}\n`)
    }
    const exchange = call.connection?.exchange
    if (exchange === undefined) return answerInProcess(call, backend, clock)
    const signal = isDiscovery(call) ? limited(call.signal, clock) : call.signal
    try {
      const result = await forward(exchange, backend, clock, signal)
      return result.type === "taken" ? result : withoutRedirect(passThrough(result.response))
    } catch (error) {
      if (error instanceof StatusError) return text(error.code, `${error.message}\n`)
      throw error
    }
  }
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

function limited(signal: AbortSignal, clock: Clock): AbortSignal {
  const late = new AbortController()
  const timer = clock.after(DISCOVERY_TIMEOUT_MS, () =>
    late.abort(new DOMException("context deadline exceeded", "TimeoutError")),
  )
  signal.addEventListener("abort", () => timer.cancel(), { once: true })
  return AbortSignal.any([signal, late.signal])
}

/** A client must not be led, with its credentials for this server, to wherever the other one wants. */
function withoutRedirect(answer: Extract<ApiResult, { readonly type: "raw" }>): ApiResult {
  if (answer.code < 300 || answer.code > 399 || answer.headers["location"] === undefined) return answer
  return text(502, "the backend attempted to redirect this request, which is not permitted")
}
