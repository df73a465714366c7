import { bool, list, message, string, struct } from "../schema/fields.ts"
import type { AnyStruct } from "../schema/schema.ts"

/**
 * The parts of gnostic's `openapi.v2.Document` that our documents use, with their protobuf numbers.
 * https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */

const optional = { doc: "", pointer: true } as const
const repeated = { doc: "" } as const

/** A named entry of what is a map in JSON. */
function named(name: string, value: AnyStruct | (() => AnyStruct)): AnyStruct {
  return struct(`openapi.v2.Named${name}`, { name: string(1, optional), value: message(2, value, optional) })
}

/** A value of any form, as YAML, of which JSON is a part. */
const Any = struct("openapi.v2.Any", { yaml: string(2, optional) })
const NamedAny = named("Any", Any)
const TypeItem = struct("openapi.v2.TypeItem", { value: list(1, "string", repeated) })
const ItemsItem = struct("openapi.v2.ItemsItem", { schema: list(1, () => Schema, repeated) })
const Properties = struct("openapi.v2.Properties", {
  additionalProperties: list(1, () => NamedSchema, repeated),
})
const AdditionalProperties = struct("openapi.v2.AdditionalPropertiesItem", {
  schema: message(1, () => Schema, optional),
})
const Schema: AnyStruct = struct("openapi.v2.Schema", {
  ref: string(1, optional),
  format: string(2, optional),
  description: string(4, optional),
  required: list(19, "string", repeated),
  additionalProperties: message(21, AdditionalProperties, optional),
  type: message(22, TypeItem, optional),
  items: message(23, ItemsItem, optional),
  properties: message(25, Properties, optional),
  vendorExtension: list(31, NamedAny, repeated),
})
const NamedSchema = named("Schema", Schema)

const BodyParameter = struct("openapi.v2.BodyParameter", {
  name: string(2, optional),
  in: string(3, optional),
  required: bool(4, optional),
  schema: message(5, Schema, optional),
})
const QueryParameter = struct("openapi.v2.QueryParameterSubSchema", {
  in: string(2, optional),
  description: string(3, optional),
  name: string(4, optional),
  type: string(6, optional),
  uniqueItems: bool(20, optional),
})
const PathParameter = struct("openapi.v2.PathParameterSubSchema", {
  required: bool(1, optional),
  in: string(2, optional),
  description: string(3, optional),
  name: string(4, optional),
  type: string(5, optional),
  uniqueItems: bool(19, optional),
})
const NonBodyParameter = struct("openapi.v2.NonBodyParameter", {
  query: message(3, QueryParameter, optional),
  path: message(4, PathParameter, optional),
})
const Parameter = struct("openapi.v2.Parameter", {
  body: message(1, BodyParameter, optional),
  nonBody: message(2, NonBodyParameter, optional),
})
const JsonReference = struct("openapi.v2.JsonReference", { ref: string(1, optional) })
const ParametersItem = struct("openapi.v2.ParametersItem", {
  parameter: message(1, Parameter, optional),
  reference: message(2, JsonReference, optional),
})

const SchemaItem = struct("openapi.v2.SchemaItem", { schema: message(1, Schema, optional) })
const Response = struct("openapi.v2.Response", {
  description: string(1, optional),
  schema: message(2, SchemaItem, optional),
})
const ResponseValue = struct("openapi.v2.ResponseValue", { response: message(1, Response, optional) })
const Responses = struct("openapi.v2.Responses", {
  responseCode: list(1, named("ResponseValue", ResponseValue), repeated),
})

const Operation = struct("openapi.v2.Operation", {
  tags: list(1, "string", repeated),
  description: string(3, optional),
  operationId: string(5, optional),
  produces: list(6, "string", repeated),
  consumes: list(7, "string", repeated),
  parameters: list(8, ParametersItem, repeated),
  responses: message(9, Responses, optional),
  schemes: list(10, "string", repeated),
  vendorExtension: list(13, NamedAny, repeated),
})
const PathItem = struct("openapi.v2.PathItem", {
  get: message(2, Operation, optional),
  put: message(3, Operation, optional),
  post: message(4, Operation, optional),
  delete: message(5, Operation, optional),
  options: message(6, Operation, optional),
  head: message(7, Operation, optional),
  patch: message(8, Operation, optional),
  parameters: list(9, ParametersItem, repeated),
})

const ApiKeySecurity = struct("openapi.v2.ApiKeySecurity", {
  type: string(1, optional),
  name: string(2, optional),
  in: string(3, optional),
  description: string(4, optional),
})
const SecurityDefinition = struct("openapi.v2.SecurityDefinitionsItem", {
  apiKey: message(2, ApiKeySecurity, optional),
})
const StringArray = struct("openapi.v2.StringArray", { value: list(1, "string", repeated) })

export const Document = struct("openapi.v2.Document", {
  swagger: string(1, optional),
  info: message(2, struct("openapi.v2.Info", { title: string(1, optional), version: string(2, optional) }), optional),
  paths: message(8, struct("openapi.v2.Paths", { path: list(2, named("PathItem", PathItem), repeated) }), optional),
  definitions: message(
    9,
    struct("openapi.v2.Definitions", { additionalProperties: list(1, NamedSchema, repeated) }),
    optional,
  ),
  parameters: message(
    10,
    struct("openapi.v2.ParameterDefinitions", {
      additionalProperties: list(1, named("Parameter", Parameter), repeated),
    }),
    optional,
  ),
  security: list(
    12,
    struct("openapi.v2.SecurityRequirement", {
      additionalProperties: list(1, named("StringArray", StringArray), repeated),
    }),
    repeated,
  ),
  securityDefinitions: message(
    13,
    struct("openapi.v2.SecurityDefinitions", {
      additionalProperties: list(1, named("SecurityDefinitionsItem", SecurityDefinition), repeated),
    }),
    optional,
  ),
})
