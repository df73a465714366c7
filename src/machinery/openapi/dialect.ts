/** Where the two versions of OpenAPI say the same thing differently. https://spec.openapis.org */
export type Dialect = "v2" | "v3"

export type JsonSchema = { [keyword: string]: unknown }

const PREFIX: { readonly [dialect in Dialect]: string } = {
  v2: "#/definitions/",
  v3: "#/components/schemas/",
}

/** A reference to a definition. */
export function reference(dialect: Dialect, definition: string): JsonSchema {
  return { $ref: `${PREFIX[dialect]}${definition}` }
}
