import { encodeMessage } from "../protobuf/envelope.ts"
import type { JsonSchema } from "./dialect.ts"
import { Document } from "./gnostic-document.ts"

/** The media type of the answer. */
export const OPENAPI_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
/** What clients may ask for; the one with the at sign is no valid media type, so it is never answered. */
export const OPENAPI_V2_PROTOBUF_ACCEPTED: readonly string[] = [
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
  OPENAPI_V2_PROTOBUF,
]

type Json = { readonly [member: string]: unknown }

/**
 * A document made by `openapiV2` in gnostic's protobuf form, which is what kubectl asks for when it reads version 2.
 * Members that our documents never have are not translated.
 */
export function encodeOpenapiV2(document: JsonSchema): Uint8Array {
  const { swagger, info, paths, definitions, parameters, security, securityDefinitions } = document
  return encodeMessage(Document, {
    swagger,
    info,
    paths: { path: entries(paths, pathItem) },
    definitions: { additionalProperties: entries(definitions, schema) },
    parameters: { additionalProperties: entries(parameters, parameter) },
    security: (security as readonly Json[]).map((requirement) => ({
      additionalProperties: entries(requirement, (value) => ({ value })),
    })),
    securityDefinitions: { additionalProperties: entries(securityDefinitions, (apiKey) => ({ apiKey })) },
  })
}

/** A map as the list of its entries, which protobuf has in its place. */
function entries(map: unknown, translate: (value: Json) => unknown): readonly object[] {
  return Object.entries((map ?? {}) as { readonly [name: string]: Json }).map(([name, value]) => ({
    name,
    value: translate(value),
  }))
}

function extensions(value: Json): readonly object[] {
  return Object.keys(value)
    .filter((name) => name.startsWith("x-"))
    .map((name) => ({ name, value: { yaml: `${JSON.stringify(value[name])}\n` } }))
}

function schema(value: Json): Json {
  const { $ref, format, description, required, additionalProperties, type, items, properties } = value
  return {
    ref: $ref,
    format,
    description,
    required,
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: { schema: schema(additionalProperties as Json) } }),
    ...(type === undefined ? {} : { type: { value: [type] } }),
    ...(items === undefined ? {} : { items: { schema: [schema(items as Json)] } }),
    ...(properties === undefined ? {} : { properties: { additionalProperties: entries(properties, schema) } }),
    vendorExtension: extensions(value),
  }
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"] as const

function pathItem(value: Json): Json {
  const methods = METHODS.filter((method) => value[method] !== undefined)
  return {
    ...Object.fromEntries(methods.map((method) => [method, operation(value[method] as Json)])),
    parameters: parametersOf(value),
  }
}

function operation(value: Json): Json {
  const { tags, description, operationId, produces, consumes, responses, schemes } = value
  return {
    tags,
    description,
    operationId,
    produces,
    consumes,
    parameters: parametersOf(value),
    responses: { responseCode: entries(responses, response) },
    schemes,
    vendorExtension: extensions(value),
  }
}

function response({ description, schema: answer }: Json): Json {
  return {
    response: { description, ...(answer === undefined ? {} : { schema: { schema: schema(answer as Json) } }) },
  }
}

function parametersOf({ parameters = [] }: Json): readonly Json[] {
  return (parameters as readonly Json[]).map((one) =>
    one["$ref"] === undefined ? { parameter: parameter(one) } : { reference: { ref: one["$ref"] } },
  )
}

function parameter(value: Json): Json {
  const { in: place, name, required } = value
  if (place === "body") return { body: { name, in: place, required, schema: schema(value["schema"] as Json) } }
  return { nonBody: place === "path" ? { path: value } : { query: value } }
}
