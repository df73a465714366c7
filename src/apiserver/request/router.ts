import type { ApiResult, CallHandler, RequestInfo } from "../call.ts"
import { isStreamingRequest } from "../streaming/is-streaming.ts"

/** Handlers by exact path, or by a prefix that ends in a slash. */
export type PathHandlers = ReadonlyMap<string, CallHandler>

/** Who answers a request when that is another server; see `aggregation/`. */
export type ForeignHandler = (info: RequestInfo) => CallHandler | undefined

export interface RouterOptions {
  readonly foreign?: ForeignHandler | undefined
  readonly resources: CallHandler
  readonly streaming?: CallHandler
  readonly paths: PathHandlers
}

const encoder = new TextEncoder()

/** Sends each call to whoever answers it. */
export function createRouter(options: RouterOptions): CallHandler {
  const prefixes = [...options.paths].filter(([path]) => path.endsWith("/") && path !== "/")
  const exact = [...options.paths.keys()].filter((path) => !path.endsWith("/")).sort()
  return (call) => {
    const { info } = call
    const foreign = options.foreign?.(info)
    if (foreign !== undefined) return foreign(call)
    if (info.isResource) {
      if (options.streaming !== undefined && isStreamingRequest(info)) return options.streaming(call)
      return options.resources(call)
    }
    const found = options.paths.get(info.path)
    if (found !== undefined) return found(call)
    for (const [prefix, handler] of prefixes) if (info.path.startsWith(prefix)) return handler(call)
    // Generated clients ask for `/version/`, as Kubernetes' OpenAPI document lists it.
    const bare = info.path.endsWith("/") ? options.paths.get(info.path.slice(0, -1)) : undefined
    if (bare !== undefined) return bare(call)
    if (info.path === "/" || info.path === "") return Promise.resolve(index(exact))
    return Promise.resolve(text(404, "404 page not found\n"))
  }
}

function index(paths: readonly string[]): ApiResult {
  return { type: "value", code: 200, value: { paths } }
}

/** A plain text answer. */
export function text(code: number, body: string): ApiResult {
  const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }
  return { type: "raw", code, headers, body: encoder.encode(body) }
}
