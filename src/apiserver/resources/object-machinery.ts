import { DecodeError, decode, decodeValue, type FieldValidation } from "../../machinery/decode/decode.ts"
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
import {
  checkType,
  type FoundType,
  failure,
  InterpretError,
  interpret,
  readType,
  summary,
  typeOf,
} from "./body-type.ts"
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
  const { resource } = reading
  const found = typeOf(resource)
  try {
    if (isProtobuf(body)) {
      const decoded = decodeObject(resource.struct, body.bytes)
      checkType(resource, readType(decoded, resource, found))
      body.seen?.(decoded)
      return complete(decoded as unknown as DraftObject, resource)
    }
    const parsed = parseBody(body)
    // Of nothing, Go makes an empty object.
    if (parsed.value === null && resource.struct.form === undefined) parsed.value = {}
    const draft = toObject(parsed, reading, found)
    if (body.type !== "none") body.seen?.(parsed.value)
    return draft
  } catch (error) {
    if (!isReadError(error)) throw error
    throw badRequest(unreadable(body, resource, found, error))
  }
}

/** A body that is no object of its own, such as options: the value, and what type it says it is. */
export function readStruct<S extends AnyStruct>(body: CallBody, struct: S) {
  if (body.type === "none") return { apiVersion: "", kind: "", value: decodeValue(struct, {}) as TypeOf<S> }
  try {
    if (isProtobuf(body)) {
      const envelope = openEnvelope(body.bytes)
      const value = decodeMessage(struct, envelope.raw) as TypeOf<S>
      body.seen?.({ apiVersion: envelope.apiVersion, kind: envelope.kind, ...(value as object) })
      return { apiVersion: envelope.apiVersion, kind: envelope.kind, value }
    }
    const parsed = parseBody(body)
    const { apiVersion, kind } = interpret(parsed.value)
    const value = decode(struct, { ...parsed, value: parsed.value ?? {} }, "Ignore").object as TypeOf<S>
    body.seen?.(parsed.value)
    return { apiVersion, kind, value }
  } catch (error) {
    if (!isReadError(error)) throw error
    throw badRequest(problemOf(body, error))
  }
}

/** Before the type of an object is known, nothing can be said about it but what was sent. */
function unreadable(body: CallBody, resource: AnyResource, found: FoundType, error: Error): string {
  const isUnknown = !(error instanceof DecodeError) || error instanceof InterpretError
  const type = isUnknown ? { apiVersion: "", kind: "" } : found
  return failure(type, resource, problemOf(body, error), summary(body.type === "bytes" ? body.bytes : new Uint8Array()))
}

function problemOf(body: CallBody, error: Error): string {
  const isYaml = body.type === "bytes" && mediaType(body.contentType) === YAML_TYPE
  const isJson = error instanceof InterpretError || (error instanceof JsonSyntaxError && !isYaml)
  return isJson ? `couldn't get version/kind; json parse error: ${error.message}` : error.message
}

function isProtobuf(body: CallBody): body is Extract<CallBody, { type: "bytes" }> {
  return body.type === "bytes" && mediaType(body.contentType) === PROTOBUF_TYPE
}

export function isReadError(error: unknown): error is Error {
  return error instanceof DecodeError || error instanceof JsonSyntaxError || error instanceof ProtobufError
}

function parseBody(body: CallBody): { value: unknown; readonly duplicates: readonly string[] } {
  if (body.type === "none") return parseJson("")
  if (body.type === "value") return { value: body.value, duplicates: [] }
  switch (mediaType(body.contentType)) {
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
  found: FoundType = typeOf(resource),
): DraftObject {
  checkType(resource, readType(parsed.value, resource, found))
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
