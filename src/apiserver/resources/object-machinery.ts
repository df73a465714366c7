import {
  DecodeError,
  decode,
  decodeFailureMessage,
  decodeValue,
  type FieldValidation,
} from "../../machinery/decode/decode.ts"
import { applyDefaults } from "../../machinery/defaulting/apply-defaults.ts"
import { decodeUtf8, type ParsedJson, parseJson } from "../../machinery/json/parse.ts"
import { JsonSyntaxError } from "../../machinery/json/syntax-error.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import { decodeMessage, decodeObject, openEnvelope } from "../../machinery/protobuf/envelope.ts"
import { ProtobufError } from "../../machinery/protobuf/reader.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { AnyStruct, TypeOf } from "../../machinery/schema/schema.ts"
import { badRequest, unsupportedMediaType } from "../../machinery/status/errors.ts"
import type { CallBody } from "../call.ts"
import type { DraftObject } from "./draft.ts"

/** From what a client sent to a draft: parsing, decoding by schema, defaulting. */

export const JSON_TYPE = "application/json"
export const YAML_TYPE = "application/yaml"
export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf"

/** How a body is read: what it is of, and what becomes of fields nobody knows. */
export interface BodyReading {
  readonly resource: AnyResource
  readonly fieldValidation: FieldValidation
  readonly warn: (text: string) => void
}

/** Decodes and defaults a body. Throws a 400 in Kubernetes' words. */
export function readBody(body: CallBody, reading: BodyReading): DraftObject {
  if (body.type === "none") throw badRequest("the request has no body, but an object is needed")
  const found = { kind: "", version: "" }
  const { resource } = reading
  try {
    if (isProtobuf(body)) {
      const decoded = decodeObject(resource.struct, body.bytes)
      checkType(decoded, resource, found)
      body.seen?.(decoded)
      return complete(decoded as unknown as DraftObject, resource)
    }
    const parsed = parseBody(body)
    const draft = toObject(parsed, reading, found)
    body.seen?.(parsed.value)
    return draft
  } catch (error) {
    if (!isReadError(error)) throw error
    throw badRequest(decodeFailureMessage(found, resource.kind, error.message))
  }
}

/** A body that is no object of its own, such as options: the value, and what type it says it is. */
export function readStruct<S extends AnyStruct>(body: CallBody, struct: S, kind: string) {
  if (body.type === "none") return { value: decodeValue(struct, {}) as TypeOf<S> }
  try {
    if (isProtobuf(body)) {
      const envelope = openEnvelope(body.bytes)
      const value = decodeMessage(struct, envelope.raw) as TypeOf<S>
      body.seen?.({ apiVersion: envelope.apiVersion, kind: envelope.kind, ...(value as object) })
      return { apiVersion: envelope.apiVersion, kind: envelope.kind, value }
    }
    const parsed = parseBody(body)
    const { apiVersion, kind: foundKind } = (parsed.value ?? {}) as { apiVersion?: string; kind?: string }
    const value = decode(struct, parsed, "Ignore").object as TypeOf<S>
    body.seen?.(parsed.value)
    return { ...(apiVersion && { apiVersion }), ...(foundKind && { kind: foundKind }), value }
  } catch (error) {
    if (!isReadError(error)) throw error
    throw badRequest(`${kind} cannot be read: ${error.message}`)
  }
}

function isProtobuf(body: CallBody): body is Extract<CallBody, { type: "bytes" }> {
  return body.type === "bytes" && mediaType(body.contentType) === PROTOBUF_TYPE
}

export function isReadError(error: unknown): error is Error {
  return error instanceof DecodeError || error instanceof JsonSyntaxError || error instanceof ProtobufError
}

export function parseBody(body: Exclude<CallBody, { type: "none" }>): ParsedJson {
  if (body.type === "value") return { value: body.value, duplicates: [] }
  switch (mediaType(body.contentType)) {
    case "":
    case JSON_TYPE:
      return parseJson(body.bytes)
    case YAML_TYPE:
      return parseYaml(decodeUtf8(body.bytes))
    default:
      throw unsupportedMediaType([JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE])
  }
}

export function mediaType(contentType: string): string {
  return (contentType.split(";")[0] ?? "").trim().toLowerCase()
}

/** From a parsed value, such as a patched object, to a draft. Throws `DecodeError`. */
export function toObject(
  parsed: ParsedJson,
  { resource, fieldValidation, warn }: BodyReading,
  found: { kind: string; version: string } = { kind: "", version: "" },
): DraftObject {
  checkType(parsed.value, resource, found)
  const { object, warnings } = decode(resource.struct, parsed, fieldValidation)
  for (const warning of warnings) warn(warning)
  return complete(object as DraftObject, resource)
}

function complete(draft: DraftObject, resource: AnyResource): DraftObject {
  draft.apiVersion = resource.apiVersion
  draft.kind = resource.kind
  draft.metadata ??= {}
  applyDefaults(resource.struct, draft as never)
  return draft
}

function checkType(value: unknown, resource: AnyResource, found: { kind: string; version: string }): void {
  if (typeof value !== "object" || value === null) return
  const { apiVersion = "", kind = "" } = value as { readonly apiVersion?: unknown; readonly kind?: unknown }
  if (typeof apiVersion !== "string" || typeof kind !== "string") return
  found.kind = kind
  found.version = apiVersion.slice(apiVersion.indexOf("/") + 1)
  if (apiVersion !== "" && apiVersion !== resource.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${resource.apiVersion})`,
    )
  }
  if (kind !== "" && kind !== resource.kind) {
    throw badRequest(decodeFailureMessage(found, resource.kind, `found kind ${kind}, expected ${resource.kind}`))
  }
}
