import type { ApiRequest, Transport, WatchEvent } from "../client/transport.ts"
import { statusErrorFrom, statusErrorFromCode } from "../machinery/status/from-response.ts"
import type { ApiCall, ApiResult, CallHandler, UserInfo } from "./call.ts"
import { parseRequestInfo } from "./request/request-info.ts"

const NEVER = new AbortController().signal

export interface InProcessOptions {
  /** Told of warnings the server sends. */
  readonly warn?: (text: string) => void
  readonly userAgent?: string
}

/**
 * A transport that calls the API server in the same process: without sockets and encoding, but with an identity that is
 * authorized like any other when `handler` is `ApiServer.call`. Objects it returns are the server's own and shared.
 */
export function createInProcessTransport(
  handler: CallHandler,
  user: UserInfo,
  { warn = () => undefined, userAgent = "gantry" }: InProcessOptions = {},
): Transport {
  const call = (request: ApiRequest, signal: AbortSignal): Promise<ApiResult> => {
    const query = new URLSearchParams([...(request.query ?? [])])
    const { method, path, body, contentType = "application/json" } = request
    const one: ApiCall = {
      user,
      info: parseRequestInfo(method, path, query),
      query,
      body: body === undefined ? { type: "none" } : { type: "value", value: body, contentType },
      userAgent,
      signal,
      warn,
      annotate: () => undefined,
    }
    return handler(one)
  }
  return {
    send: async (request) => {
      request.signal?.throwIfAborted()
      return valueOf(await call(request, request.signal ?? NEVER), request)
    },
    watch: (request) => watch(request, call),
  }
}

function valueOf(result: ApiResult, request: ApiRequest): unknown {
  switch (result.type) {
    case "object":
      return result.served.object
    case "value":
      return result.value
    case "list": {
      const { resource, items, metadata } = result
      const objects = items.map((item) => item.object)
      return { kind: resource.listKind, apiVersion: resource.apiVersion, metadata, items: objects }
    }
    case "raw":
      if (result.body instanceof Uint8Array) return documentOf(result, result.body)
      throw new TypeError(`${request.method} ${request.path} answers with a stream, which needs a connection`)
    case "watch":
    case "taken":
      throw new TypeError(`${request.method} ${request.path} answers with a stream, which needs a connection`)
  }
}

/** Documents that are kept as bytes, such as discovery. Throws the error that a refusal without a status comes to. */
function documentOf({ code, headers }: Extract<ApiResult, { readonly type: "raw" }>, body: Uint8Array): unknown {
  const text = Buffer.from(body).toString()
  const isJson = String(headers["content-type"]).startsWith("application/json")
  const document: unknown = isJson ? JSON.parse(text) : text
  if (code >= 400) throw statusErrorFrom(document) ?? statusErrorFromCode(code, text)
  return document
}

async function* watch(
  request: ApiRequest,
  call: (request: ApiRequest, signal: AbortSignal) => Promise<ApiResult>,
): AsyncGenerator<WatchEvent<unknown>> {
  // The server frees the watch when the reader stops early, too.
  const stop = new AbortController()
  const signal = request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal])
  try {
    if (signal.aborted) return
    const result = await call(request, signal)
    if (result.type !== "watch") {
      valueOf(result, request)
      throw new TypeError(`${request.path} cannot be watched`)
    }
    for await (const { type, served } of result.events) yield { type, object: served.object }
  } finally {
    stop.abort()
  }
}
