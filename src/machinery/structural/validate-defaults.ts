import { compileValidationRules } from "../cel/kubernetes/validation-rules.ts"
import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { deepClone, isObject, type JsonObject } from "../patch/structure.ts"
import { canonicalText } from "../validation/repeated-items.ts"
import { NO_OLD } from "./correlate.ts"
import { embeddedRule } from "./embedded-resources.ts"
import { META_MEMBERS } from "./prune.ts"
import type { SchemaSource } from "./schema-source.ts"
import type { StructuralSchema } from "./structural-schema.ts"
import { metadataProblem, prunedMembers } from "./unknown-members.ts"
import { compileValues } from "./validate-values.ts"
import { ValueReport } from "./value-report.ts"
import { compilePass } from "./walk.ts"

/**
 * Whether the defaults of a structural schema fit it and have no fields that would be pruned. `source` is what the schema
 * was parsed from, `path` where it stands.
 */
export function validateDefaults(
  source: SchemaSource,
  schema: StructuralSchema,
  path: FieldPath,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const root = { ...schema, embeddedResource: true }
  visit({ source, schema: root, path, resource: root, around: COMPLETE, inMeta: false }, errors)
  return errors
}

/** The members that a default inside metadata stands in, up to a whole object. */
type Around = (inner: unknown) => JsonObject

interface Place {
  readonly source: SchemaSource
  readonly schema: StructuralSchema
  readonly path: FieldPath
  /** The schema of the innermost whole object. */
  readonly resource: StructuralSchema
  readonly around: Around
  readonly inMeta: boolean
}

const COMPLETE: Around = (inner) => ({
  kind: "Validation",
  apiVersion: "validation/v1",
  ...(isObject(inner) ? inner : {}),
})

function visit(place: Place, errors: FieldError[]): void {
  const { schema, source, path } = place
  const starts = schema.embeddedResource
  const here: Place = starts ? { ...place, resource: schema, around: COMPLETE, inMeta: false } : place
  if (schema.default !== undefined) errors.push(...validateDefault(here))
  // Below additionalProperties nothing is looked for: it is not known how many there are.
  const { items } = source
  if (schema.items !== undefined && items !== undefined && !Array.isArray(items)) {
    const around: Around = (inner) => here.around([inner])
    visit({ ...here, source: items as SchemaSource, schema: schema.items, path: path.child("items"), around }, errors)
  }
  for (const [name, property] of schema.properties) {
    const inner = source.properties?.[name]
    if (inner === undefined) continue
    const around: Around = (value) => here.around({ [name]: value })
    const at = path.child("properties").key(name)
    const inMeta = here.inMeta || (starts && META_MEMBERS.has(name))
    visit({ ...here, source: inner, schema: property, path: at, around, inMeta }, errors)
  }
}

function validateDefault(place: Place): readonly FieldError[] {
  const { schema, inMeta, path } = place
  const at = path.child("default")
  if (inMeta) {
    const problem = unfitMetadata(place)
    return problem === undefined ? validateValue(place, at) : [field.invalid(at, inOrder(schema.default), problem)]
  }
  const unknown = prunedMembers(schema, schema.default).length > 0
  const errors = unknown ? [field.invalid(at, inOrder(schema.default), "must not have unknown fields")] : []
  const problem = metadataProblem(schema, schema.default, at.toString())
  if (problem !== undefined) return [...errors, problem]
  const embedded = embeddedProblems(schema, schema.default, at)
  return [...errors, ...(embedded.length > 0 ? embedded : validateValue(place, at))]
}

/** As messages show it. */
const inOrder = (value: unknown): unknown => JSON.parse(canonicalText(value))

/** Inside metadata a default is looked at as a part of a whole object. */
function unfitMetadata({ schema, resource, around }: Place): string | undefined {
  const object = around(deepClone(schema.default))
  const problem = metadataProblem(resource, object, "")
  if (problem !== undefined) return `must result in valid metadata: ${field.formatFieldError(problem)}`
  const errors = embeddedProblems(resource, object, FieldPath.root())
  if (errors.length === 0) return undefined
  return `must result in valid metadata: ${field.aggregateMessages(errors.map(field.formatFieldError))}`
}

function embeddedProblems(schema: StructuralSchema, value: unknown, path: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  compilePass(schema, embeddedRule)?.(value, path, errors)
  return errors
}

function validateValue(place: Place, path: FieldPath): readonly FieldError[] {
  const { source, schema } = place
  const report = new ValueReport(path.toString())
  compileValues(source, { asWritten: true })(schema.default, undefined, report, NO_OLD)
  const errors = report.errors()
  return errors.length > 0 ? errors : validateByRules(place, path)
}

/** A default must hold as a change to itself and, for rules that look at what was before, as something new. */
function validateByRules({ source, schema, resource }: Place, path: FieldPath): readonly FieldError[] {
  const rules = compileValidationRules(source, schema, schema === resource)
  if (rules === undefined) return []
  const errors = rules(schema.default, schema.default, { path, ratchets: false })
  return errors.length > 0 ? errors : rules(schema.default, undefined, { path })
}
