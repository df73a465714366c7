import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import type { NestedValidation, StructuralSchema, ValueValidation } from "./structural-schema.ts"

/**
 * Whatever is restricted below `allOf`, `anyOf`, `oneOf` and `not` must have its shape outside of them. `path` is that of
 * the schema.
 */
export function missingStructure(schema: StructuralSchema, path: FieldPath, errors: FieldError[]): void {
  compareParts(schema.values, schema, { shape: path, rules: path }, errors)
}

/** Where the shape of a value is described, or should be, and where the rules for it stand. */
interface Paths {
  readonly shape: FieldPath
  readonly rules: FieldPath
}

function compareParts(values: ValueValidation, schema: StructuralSchema, paths: Paths, errors: FieldError[]): void {
  const within = (rules: FieldPath): Paths => ({ shape: paths.shape, rules })
  if (values.not !== undefined) compareNested(values.not, schema, within(paths.rules.child("not")), errors)
  for (const name of ["allOf", "anyOf", "oneOf"] as const) {
    for (const [index, part] of values[name].entries()) {
      compareNested(part, schema, within(paths.rules.child(name).index(index)), errors)
    }
  }
}

function compareNested(
  part: NestedValidation,
  schema: StructuralSchema | undefined,
  paths: Paths,
  errors: FieldError[],
): void {
  if (schema === undefined) {
    errors.push(field.required(paths.shape, `because it is defined in ${paths.rules.toString()}`))
    return
  }
  compareParts(part, schema, paths, errors)
  const below = (step: (path: FieldPath) => FieldPath): Paths => ({
    shape: step(paths.shape),
    rules: step(paths.rules),
  })
  if (part.items !== undefined) {
    compareNested(
      part.items,
      schema.items,
      below((path) => path.child("items")),
      errors,
    )
  }
  for (const [name, property] of part.properties) {
    compareNested(
      property,
      schema.properties.get(name),
      below((path) => path.child("properties").key(name)),
      errors,
    )
  }
}
