import type { JSONSchemaProps } from "../json-schema-props.ts"

/** A schema and all schemas in it. */
export function schemaParts(schema: JSONSchemaProps): readonly JSONSchemaProps[] {
  const parts: JSONSchemaProps[] = []
  collect(schema, parts)
  return parts
}

function collect(schema: JSONSchemaProps, parts: JSONSchemaProps[]): void {
  const { items, allOf, anyOf, oneOf, not, properties = {}, additionalProperties: others } = schema
  parts.push(schema)
  for (const part of [items, allOf, anyOf, oneOf, not, Object.values(properties)].flat()) {
    if (part !== undefined) collect(part as JSONSchemaProps, parts)
  }
  if (typeof others === "object") collect(others, parts)
}
