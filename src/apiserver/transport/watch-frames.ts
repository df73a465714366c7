import type { AnyResource } from "../../machinery/schema/resource.ts"
import { internalError } from "../../machinery/status/errors.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { ServedEvent } from "../call.ts"
import type { IncludeObject, Negotiated } from "../negotiation/accept.ts"
import type { ProtobufEncoder } from "../negotiation/encode.ts"
import { makeTable, partialObject } from "../negotiation/table.ts"

/** One watch event as bytes on the wire: a line of JSON, or a length and a protobuf message. */
export interface WatchFramer {
  event(event: ServedEvent): Uint8Array
  error(error: unknown): Uint8Array
}

export interface FramerOptions {
  readonly negotiated: Negotiated
  readonly resource: AnyResource
  readonly includeObject: IncludeObject
  readonly nowMs: () => number
  readonly protobuf?: ProtobufEncoder
}

const encoder = new TextEncoder()
const JSON_END = Buffer.from("}\n")
// The same event goes to every watcher of a kind; its frame is built once.
const jsonFrames = new WeakMap<ServedEvent, Uint8Array>()
const protobufFrames = new WeakMap<ServedEvent, Uint8Array>()

export function createFramer(options: FramerOptions): WatchFramer {
  const { negotiated, resource, protobuf } = options
  const transform = transformer(options)
  if (negotiated.encoding === "protobuf" && protobuf !== undefined) {
    const frame = (type: string, value: unknown, about: AnyResource | undefined) =>
      protobuf.encodeEvent(type, protobuf.encodeValue(value, about) ?? new Uint8Array(0))
    return {
      event: (event) =>
        transform === undefined
          ? remember(protobufFrames, event, () => frame(event.type, event.served.object, resource))
          : frame(event.type, transform(event), undefined),
      error: (error) => frame("ERROR", statusOf(error), undefined),
    }
  }
  return {
    event: (event) =>
      transform === undefined
        ? remember(jsonFrames, event, () => jsonFrame(event.type, event.served.json()))
        : jsonFrame(event.type, encoder.encode(JSON.stringify(transform(event)))),
    error: (error) => jsonFrame("ERROR", encoder.encode(JSON.stringify(statusOf(error)))),
  }
}

function remember(frames: WeakMap<ServedEvent, Uint8Array>, event: ServedEvent, make: () => Uint8Array): Uint8Array {
  let frame = frames.get(event)
  if (frame === undefined) frames.set(event, (frame = make()))
  return frame
}

function transformer(options: FramerOptions): ((event: ServedEvent) => unknown) | undefined {
  const { negotiated, resource, includeObject, nowMs } = options
  const { transform } = negotiated
  if (transform === undefined) return undefined
  const { version } = transform
  if (transform.kind !== "Table") return (event) => partialObject(event.served.object, version)
  let withoutColumns = false
  return (event) => {
    const { object } = event.served
    const metadata = { resourceVersion: object.metadata.resourceVersion }
    const table = makeTable(resource, [object], metadata, { version, includeObject, nowMs: nowMs(), withoutColumns })
    withoutColumns = true
    return table
  }
}

/** `{"type":…,"object":…}` and a line end. */
function jsonFrame(type: string, object: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, JSON_END])
}

function statusOf(error: unknown): unknown {
  return (error instanceof StatusError ? error : internalError(error)).toStatus()
}
