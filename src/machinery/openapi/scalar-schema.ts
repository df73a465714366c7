import type { ScalarType } from "../schema/schema.ts"
import { type Dialect, type JsonSchema, reference } from "./dialect.ts"

const META = "io.k8s.apimachinery.pkg.apis.meta.v1"

/** The definition that Kubernetes publishes a type under; types without one are written in place. */
const DEFINITION: { readonly [type in ScalarType]?: string } = {
  quantity: "io.k8s.apimachinery.pkg.api.resource.Quantity",
  intOrString: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
  time: `${META}.Time`,
  microTime: `${META}.MicroTime`,
  duration: `${META}.Duration`,
  fieldsV1: `${META}.FieldsV1`,
  rawExtension: "io.k8s.apimachinery.pkg.runtime.RawExtension",
  json: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
}

const DOC: { readonly [type in ScalarType]?: string } = {
  quantity:
    "An amount: a decimal number with an optional suffix of powers of 1000 (m, k, M, G, T, P, E) or 1024 (Ki, Mi, Gi, Ti, Pi, Ei), or an exponent.",
  intOrString: "A number, or text.",
  time: "A point in time as RFC 3339, in whole seconds.",
  microTime: "A point in time as RFC 3339, in microseconds.",
  duration: "A span of time such as 1m30s.",
  fieldsV1:
    "A set of fields as nested objects: f:<name> is a member, k:<keys> and v:<value> are items of lists, a dot is the object itself.",
  rawExtension: "Any object.",
  json: "Any JSON value.",
}

const INLINE: { readonly [type in ScalarType]: JsonSchema } = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
  quantity: { type: "string" },
  intOrString: { type: "string", format: "int-or-string" },
  time: { type: "string", format: "date-time" },
  microTime: { type: "string", format: "date-time" },
  duration: { type: "string" },
  rawExtension: { type: "object" },
  json: {},
  fieldsV1: { type: "object" },
}

/** Version 3 can say that there are alternatives. */
const INLINE_V3: { readonly [type in ScalarType]?: JsonSchema } = {
  quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
  intOrString: { oneOf: [{ type: "integer" }, { type: "string" }], format: "int-or-string" },
}

export function scalarDefinition(type: ScalarType): string | undefined {
  return DEFINITION[type]
}

/** What stands where the type is used: a reference, or the type itself. */
export function scalarSchema(dialect: Dialect, type: ScalarType): JsonSchema {
  const definition = DEFINITION[type]
  return definition === undefined ? { ...INLINE[type] } : reference(dialect, definition)
}

/** What stands under the definition's name. */
export function scalarDefinitionSchema(dialect: Dialect, type: ScalarType): JsonSchema {
  const schema = (dialect === "v3" ? INLINE_V3[type] : undefined) ?? INLINE[type]
  return { ...(DOC[type] === undefined ? {} : { description: DOC[type] }), ...schema }
}

/** The default that a scalar field without pointer has, as Kubernetes publishes it. Undefined for other types. */
export function scalarZero(type: ScalarType): string | number | boolean | undefined {
  switch (type) {
    case "string":
      return ""
    case "bool":
      return false
    case "int32":
    case "int64":
    case "double":
      return 0
    default:
      return undefined
  }
}
