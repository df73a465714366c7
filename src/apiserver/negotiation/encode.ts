import type { AnyResource } from "../../machinery/schema/resource.ts"
import { notAcceptable } from "../../machinery/status/errors.ts"
import { CONTENT_TYPE, type Encoding } from "./accept.ts"

/** Turns JSON values into bytes of the negotiated encoding. */

const encoder = new TextEncoder()

/**
 * As Go writes it: members in order, lists not indented, long lines whole; and in YAML 1.1, which quotes what readers of
 * that version would take for times, octal numbers or booleans.
 */
const YAML = {
  version: "1.1",
  sortMapEntries: true,
  indentSeq: false,
  lineWidth: 0,
  aliasDuplicateObjects: false,
} as const

/** What `machinery/protobuf` offers: bytes with Kubernetes' envelope around them. */
export interface ProtobufEncoder {
  /** An object, list, Status or any other value whose apiVersion and kind name a known message; else undefined. */
  encodeValue(value: unknown, resource: AnyResource | undefined): Uint8Array | undefined
  /** A list, from its items. */
  encodeList(resource: AnyResource, metadata: object, items: readonly unknown[]): Uint8Array
  /** One watch event as it stands in the stream: its length, and the event with the enveloped object inside. */
  encodeEvent(type: string, object: Uint8Array): Uint8Array
}

/**
 * `value` as bytes. YAML needs a library that is loaded on first use. Throws a 406 when the value has no protobuf form.
 */
export async function encodeValue(
  value: unknown,
  encoding: Encoding,
  options: { readonly pretty?: boolean; readonly resource?: AnyResource; readonly protobuf?: ProtobufEncoder } = {},
): Promise<Uint8Array> {
  switch (encoding) {
    case "json":
      return encoder.encode(JSON.stringify(value, undefined, options.pretty ? 2 : undefined))
    case "yaml": {
      const { stringify } = await import("yaml")
      return encoder.encode(stringify(value, YAML))
    }
    case "protobuf": {
      const bytes = options.protobuf?.encodeValue(value, options.resource)
      if (bytes === undefined) throw notAcceptable([CONTENT_TYPE.json, CONTENT_TYPE.yaml])
      return bytes
    }
  }
}
