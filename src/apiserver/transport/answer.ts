import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { promisify } from "node:util"
import { constants, createGzip, gzip } from "node:zlib"
import { notAcceptable } from "../../machinery/status/errors.ts"
import type { ApiResult, ServedEvent, TakeEvent } from "../call.ts"
import {
  CONTENT_TYPE,
  type IncludeObject,
  MEDIA_TYPES,
  type Negotiated,
  parseIncludeObject,
  type Transform,
} from "../negotiation/accept.ts"
import { encodeValue, type ProtobufEncoder } from "../negotiation/encode.ts"
import { makeTable, partialObject } from "../negotiation/table.ts"
import type { Exchange, ResponseHeaders } from "./exchange.ts"
import { listItems, listPieces } from "./send-list.ts"
import { createFramer } from "./watch-frames.ts"
import { write, writePieces } from "./write.ts"

/** Puts a result on the wire in the form that was negotiated. */

export interface AnswerOptions {
  readonly exchange: Exchange
  readonly negotiated: Negotiated
  readonly query: URLSearchParams
  /** Made when the headers are sent, since warnings come late. */
  readonly headers: () => ResponseHeaders
  readonly nowMs: () => number
  readonly protobuf?: ProtobufEncoder
  /** Told while a watch runs. */
  readonly watchEvents?: (count: number) => void
}

// Compressing less than this costs more than it saves; the figure is Kubernetes'.
const GZIP_BYTES_MIN = 128 << 10
const GZIP = { level: constants.Z_BEST_SPEED }
const gzipped = promisify(gzip)

/** Resolves when the answer is written, with its code. Throws `StatusError` only before anything is sent. */
export async function answer(result: ApiResult, wanted: AnswerOptions): Promise<number> {
  const options = possible(result, wanted)
  const { exchange, negotiated } = options
  switch (result.type) {
    case "object": {
      const { encoding, transform, pretty } = negotiated
      if (transform === undefined && encoding === "json" && !pretty) {
        await sendBytes(result.code, CONTENT_TYPE.json, result.served.json(), options)
        return result.code
      }
      const { object } = result.served
      const value = transform === undefined ? object : transformed(result, transform, options)
      await sendValue(result.code, value, options, result.resource)
      return result.code
    }
    case "list":
      await sendList(result, options)
      return 200
    case "value":
      // Questions that are answered and forgotten have no columns.
      if (result.resource !== undefined && negotiated.transform?.kind === "Table") throw notAcceptable(MEDIA_TYPES)
      await sendValue(result.code, result.value, options, result.resource)
      return result.code
    case "watch":
      await sendWatch(result, options)
      return 200
    case "raw": {
      if (result.body instanceof Uint8Array) {
        exchange.respond(result.code, { ...options.headers(), ...copyHeaders(result.headers) }, result.body)
        return result.code
      }
      const stream = exchange.start(result.code, { ...options.headers(), ...copyHeaders(result.headers) })
      for await (const chunk of result.body) if (!(await write(stream, chunk))) break
      stream.end()
      return result.code
    }
    case "taken":
      return 101
  }
}

/** Custom resources have no protobuf form, only their metadata and tables do. Throws a 406 when nothing else would do. */
function possible(result: ApiResult, options: AnswerOptions): AnswerOptions {
  const { encoding, otherwise, transform, ...rest } = options.negotiated
  const isCustom = "resource" in result && result.resource?.struct.form !== undefined
  if (!isCustom || encoding !== "protobuf" || transform !== undefined) return options
  if (otherwise === undefined) throw notAcceptable([CONTENT_TYPE.json, CONTENT_TYPE.yaml])
  return { ...options, negotiated: { ...rest, encoding: otherwise } }
}

function copyHeaders(headers: Readonly<Record<string, string | readonly string[]>>): ResponseHeaders {
  const copy: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) copy[name] = typeof value === "string" ? value : [...value]
  return copy
}

function transformed(
  result: Extract<ApiResult, { readonly type: "object" }>,
  transform: Transform,
  options: AnswerOptions,
): unknown {
  const { object } = result.served
  if (transform.kind !== "Table") return partialObject(object, transform.version)
  const { resourceVersion } = object.metadata
  return makeTable(result.resource, [object], { resourceVersion }, tableOptions(transform, options))
}

function tableOptions(transform: Transform, options: AnswerOptions) {
  return {
    version: transform.version,
    includeObject: parseIncludeObject(options.query),
    nowMs: options.nowMs(),
  }
}

async function sendValue(
  code: number,
  value: unknown,
  options: AnswerOptions,
  resource: Extract<ApiResult, { readonly type: "value" }>["resource"],
): Promise<void> {
  const { encoding, otherwise, pretty, transform } = options.negotiated
  const { protobuf } = options
  // A transformed object is no longer of the resource's own type.
  const own = transform === undefined ? resource : undefined
  if (encoding === "protobuf" && otherwise !== undefined) {
    const binary = protobuf?.encodeValue(value, own)
    const bytes = binary ?? (await encodeValue(value, otherwise))
    return sendBytes(code, CONTENT_TYPE[binary ? encoding : otherwise], bytes, options)
  }
  const bytes = await encodeValue(value, encoding, {
    ...(pretty && { pretty }),
    ...(own && { resource: own }),
    ...(protobuf && { protobuf }),
  })
  await sendBytes(code, CONTENT_TYPE[encoding], bytes, options)
}

async function sendBytes(code: number, contentType: string, bytes: Uint8Array, options: AnswerOptions): Promise<void> {
  const { exchange } = options
  const headers = { ...options.headers(), "content-type": contentType }
  if (bytes.length < GZIP_BYTES_MIN) {
    exchange.respond(code, headers, bytes)
    return
  }
  if (!wantsGzip(exchange)) return sendLarge(exchange, code, headers, bytes)
  const small = await gzipped(bytes, GZIP)
  await sendLarge(exchange, code, { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" }, small)
}

/** Resolves when the client has taken it: until then the request keeps its place, so that slow readers hold no more. */
async function sendLarge(exchange: Exchange, code: number, headers: ResponseHeaders, bytes: Uint8Array): Promise<void> {
  if (exchange.method === "HEAD") {
    exchange.respond(code, headers, bytes)
    return
  }
  const to = exchange.start(code, { ...headers, "content-length": bytes.length })
  if (await write(to, bytes)) to.end()
}

/** On the same machine compression only burns processor time. */
export function wantsGzip(exchange: Exchange): boolean {
  const accepted = exchange.headers["accept-encoding"]
  if (typeof accepted !== "string" || !/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(accepted)) return false
  const { remoteAddress, localAddress } = exchange.socket
  return remoteAddress !== localAddress
}

async function sendList(result: Extract<ApiResult, { readonly type: "list" }>, options: AnswerOptions): Promise<void> {
  const { exchange, negotiated, protobuf } = options
  const { resource, items, metadata } = result
  const { encoding, transform, pretty } = negotiated
  if (transform !== undefined) {
    const objects = items.map((item) => item.object)
    const value =
      transform.kind === "Table"
        ? makeTable(resource, objects, metadata, tableOptions(transform, options))
        : {
            kind: "PartialObjectMetadataList",
            apiVersion: `meta.k8s.io/${transform.version}`,
            metadata,
            items: orNull(objects.map((object) => partialObject(object, transform.version))),
          }
    await sendValue(200, value, options, undefined)
    return
  }
  if (encoding === "protobuf" && protobuf !== undefined) {
    const bytes = protobuf.encodeList(
      resource,
      metadata,
      items.map((item) => item.object),
    )
    await sendBytes(200, CONTENT_TYPE.protobuf, bytes, options)
    return
  }
  if (encoding !== "json" || pretty) {
    const head = { kind: resource.listKind, apiVersion: resource.apiVersion, metadata }
    await sendValue(200, { ...head, items: listItems(result) }, options, undefined)
    return
  }
  const { length, pieces } = listPieces(result)
  const headers = { ...options.headers(), "content-type": CONTENT_TYPE.json }
  if (length >= GZIP_BYTES_MIN && wantsGzip(exchange)) {
    const to = exchange.start(200, { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" })
    await pipeline(Readable.from(pieces), createGzip(GZIP), to)
    return
  }
  if (exchange.method === "HEAD") {
    exchange.respond(200, headers)
    return
  }
  const to = exchange.start(200, { ...headers, "content-length": length })
  if (await writePieces(to, pieces)) to.end()
}

/** Of nothing, Kubernetes makes null here. */
const orNull = (items: readonly unknown[]) => (items.length === 0 ? null : items)

async function sendWatch(
  result: Extract<ApiResult, { readonly type: "watch" }>,
  options: AnswerOptions,
): Promise<void> {
  const { exchange, negotiated, protobuf } = options
  const includeObject: IncludeObject = parseIncludeObject(options.query)
  const framer = createFramer({
    negotiated,
    resource: result.resource,
    includeObject,
    nowMs: options.nowMs,
    ...(protobuf && { protobuf }),
  })
  const type = CONTENT_TYPE[negotiated.encoding]
  const stream = negotiated.encoding === "protobuf" ? `${type};stream=watch` : type
  const to = exchange.start(200, { ...options.headers(), "content-type": stream })
  const take = (event: ServedEvent) => {
    options.watchEvents?.(1)
    return write(to, framer.event(event))
  }
  try {
    await (result.events.pump?.(take) ?? takeEach(result.events, take))
  } catch (error) {
    if (!exchange.signal.aborted) await write(to, framer.error(error))
  }
  to.end()
}

async function takeEach(events: AsyncIterable<ServedEvent>, take: TakeEvent): Promise<void> {
  for await (const event of events) if (!(await take(event))) return
}
