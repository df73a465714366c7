import { DecodeError, decodeFailureMessage, decode, type FieldValidation } from "../../machinery/decode/decode.ts"
import { JsonSyntaxError } from "../../machinery/json/syntax-error.ts"
import { decodeUtf8, type ParsedJson, parseJson } from "../../machinery/json/parse.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { AnyStruct } from "../../machinery/schema/schema.ts"
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
  try {
    return toObject(parseBody(body), reading, found)
  } catch (error) {
    if (!(error instanceof DecodeError) && !(error instanceof JsonSyntaxError)) throw error
    throw badRequest(decodeFailureMessage(found, reading.resource.kind, error.message))
  }
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
  const draft = object as DraftObject
  draft.apiVersion = resource.apiVersion
  draft.kind = resource.kind
  draft.metadata ??= {}
  applyDefaults(resource.struct, draft)
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

export function applyDefaults(_struct: AnyStruct, _draft: DraftObject): void {
  // Filled in when the machinery's defaulting is there.
}
