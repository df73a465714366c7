import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { dns1035Label, dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { parseStructural, StructuralError } from "../../../../machinery/structural/parse-structural.ts"
import { type Errors, NONE, requiredOneOf } from "../../../core/v1/validation/rules.ts"
import type { CustomResourceDefinitionSpec, CustomResourceDefinitionStatus } from "../custom-resource-definition.ts"
import type { CustomResourceDefinitionVersion } from "../custom-resource-definition-version.ts"
import type { JSONSchemaProps } from "../json-schema-props.ts"
import { validateCaBundle } from "./ca-bundle.ts"
import { validateConversion } from "./conversion.ts"
import { type Part, versionInGo } from "./in-go.ts"
import { joined, validateApproval, validateNames, validateNewNames } from "./names.ts"
import { validateSchema } from "./schema.ts"
import { schemaParts } from "./schema-parts.ts"
import { validateSelectableFields } from "./selectable-fields.ts"
import { validateColumn, validateDeprecation, validateSubresources } from "./version.ts"

const SPEC = FieldPath.root("spec")
const VERSIONS = SPEC.child("versions")
const CONVERSION = SPEC.child("conversion")
const NO_CONVERSION = "must be None if spec.preserveUnknownFields is true"
const ANNOTATIONS = FieldPath.root("metadata", "annotations")

interface Definition {
  readonly metadata: ObjectMeta
  readonly spec: CustomResourceDefinitionSpec
  readonly status: CustomResourceDefinitionStatus
}

export function validateDefinition({ spec, status }: Definition): Errors {
  return [
    ...validateSpec(spec),
    ...validateNames(status.acceptedNames, FieldPath.root("status", "acceptedNames")),
    ...validateStoredVersions(status.storedVersions, spec.versions),
  ]
}

export function validateNewDefinition(object: Definition): Errors {
  const { name = "" } = object.metadata
  const { group, names, preserveUnknownFields } = object.spec
  return [
    ...(name === `${names.plural}.${group}`
      ? NONE
      : [field.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')]),
    ...validateApproval(object, undefined, ANNOTATIONS),
    ...(preserveUnknownFields ? [noUnknownFields] : NONE),
  ]
}

const noUnknownFields = field.invalid(
  SPEC.child("preserveUnknownFields"),
  true,
  "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
)

export function validateDefinitionUpdate(object: Definition, old: Definition): Errors {
  const { spec } = object
  const unchanged = (value: string, before: string, path: FieldPath): Errors =>
    value === before ? NONE : [field.invalid(path, value, "field is immutable")]
  const names = SPEC.child("names")
  const established = old.status.conditions.some(({ type, status }) => type === "Established" && status === "True")
  return [
    ...(established ? validateNewCaBundle(object, old) : NONE),
    ...(established
      ? [
          ...unchanged(spec.scope, old.spec.scope, SPEC.child("scope")),
          ...unchanged(spec.names.kind, old.spec.names.kind, names.child("kind")),
        ]
      : NONE),
    ...unchanged(spec.group, old.spec.group, SPEC.child("group")),
    ...unchanged(spec.names.plural, old.spec.names.plural, names.child("plural")),
    ...validateApproval(object, old, ANNOTATIONS),
    ...(spec.preserveUnknownFields ? [noUnknownFields] : NONE),
  ]
}

/** Until objects can exist it may be filled in later; and what was wrong before may stay so. */
function validateNewCaBundle({ spec }: Definition, old: Definition): Errors {
  const bundleOf = (one: CustomResourceDefinitionSpec) => one.conversion?.webhook?.clientConfig?.caBundle ?? ""
  const path = SPEC.child("conversion").child("webhookClientConfig").child("caBundle")
  const wasWrong = validateCaBundle(bundleOf(old.spec), path).length > 0
  return wasWrong || spec.conversion?.strategy !== "Webhook" ? NONE : validateCaBundle(bundleOf(spec), path)
}

export function validateDefinitionStatus({ status }: Definition): Errors {
  return validateNames(status.acceptedNames, FieldPath.root("status", "acceptedNames"))
}

function validateSpec(spec: CustomResourceDefinitionSpec): Errors {
  const { versions, conversion } = spec
  const unique = new Set(versions.map(({ name }) => name)).size === versions.length
  const stored = versions.filter(({ storage }) => storage).length
  const isFine = unique && stored === 1
  const shown = isFine ? [] : versions.map((one) => versionInGo(one, (part) => isShared(versions, part)))
  return [
    ...validateGroup(spec.group, SPEC.child("group")),
    ...requiredOneOf(spec.scope, ["Cluster", "Namespaced"], SPEC.child("scope")),
    ...versions.flatMap(({ schema }, index) =>
      schema?.openAPIV3Schema === undefined
        ? [field.required(VERSIONS.index(index).child("schema").child("openAPIV3Schema"))]
        : NONE,
    ),
    ...validateKeptFields(spec),
    ...versions.flatMap((version, index) => validateVersion(version, versions, VERSIONS.index(index))),
    ...(unique ? NONE : [field.invalid(VERSIONS, shown, "must contain unique version names")]),
    ...(stored === 1
      ? NONE
      : [field.invalid(VERSIONS, shown, "must have exactly one version marked as storage version")]),
    ...validateNewNames(spec.names, SPEC.child("names")),
    ...validateShared(versions),
    ...(spec.preserveUnknownFields && conversion !== undefined && conversion.strategy !== "None"
      ? [field.invalid(CONVERSION.child("strategy"), conversion.strategy, NO_CONVERSION)]
      : NONE),
    ...(conversion === undefined ? NONE : validateConversion(conversion, CONVERSION)),
  ]
}

/** What pruning does not reach has no defaults. */
function validateKeptFields({ preserveUnknownFields, versions }: CustomResourceDefinitionSpec): Errors {
  if (!preserveUnknownFields) return NONE
  const isSet = versions.some(({ schema }) => schema?.openAPIV3Schema && hasDefaults(schema.openAPIV3Schema))
  if (!isSet) return NONE
  const why = "must be false in order to use defaults in the schema"
  return [field.invalid(SPEC.child("preserveUnknownFields"), true, why)]
}

function hasDefaults(schema: JSONSchemaProps): boolean {
  return schemaParts(schema).some((part) => part.default !== undefined && part.default !== null)
}

function validateGroup(group: string, path: FieldPath): Errors {
  if (group === "") return [field.required(path)]
  const problems = dns1123Subdomain(group)
  if (problems.length > 0) return joined(problems, group, path)
  return group.includes(".") ? NONE : [field.invalid(path, group, "should be a domain with at least one dot")]
}

/**
 * Kubernetes checks a form in which what all versions have in common stands once, beside them; paths show it. This is
 * why most messages about schemas begin with `spec.validation`.
 */
function isShared(versions: readonly CustomResourceDefinitionVersion[], part: Part): boolean {
  return versions.every((version) => deepEqual(version[part], versions[0]?.[part]))
}

function validateVersion(
  version: CustomResourceDefinitionVersion,
  versions: readonly CustomResourceDefinitionVersion[],
  path: FieldPath,
): Errors {
  return [
    ...joined(dns1035Label(version.name), version.name, path.child("name")),
    ...validateDeprecation(version, path),
    ...validateParts(version, path, "schema", (part) => !isShared(versions, part)),
  ]
}

function validateShared(versions: readonly CustomResourceDefinitionVersion[]): Errors {
  const [first] = versions
  if (first === undefined) return NONE
  // The schema that all share is checked for a status if any version has one.
  const withStatus = versions.find(({ subresources }) => subresources?.status !== undefined)
  const shared = (part: Part) => isShared(versions, part)
  if (shared("subresources") || withStatus === undefined) return validateParts(first, SPEC, "validation", shared)
  return validateParts({ ...first, subresources: withStatus.subresources ?? {} }, SPEC, "validation", shared)
}

function validateParts(
  version: CustomResourceDefinitionVersion,
  path: FieldPath,
  schemaName: string,
  takes: (part: Part) => boolean,
): Errors {
  const { schema, subresources, additionalPrinterColumns: columns = [], selectableFields = [] } = version
  const form = schema?.openAPIV3Schema
  const hasStatus = subresources?.status !== undefined
  return [
    ...(form !== undefined && takes("schema")
      ? validateSchema(form, path.child(schemaName).child("openAPIV3Schema"), hasStatus)
      : NONE),
    ...(subresources !== undefined && takes("subresources")
      ? validateSubresources(subresources, path.child("subresources"))
      : NONE),
    ...(takes("additionalPrinterColumns")
      ? columns.flatMap((column, index) => validateColumn(column, path.child("additionalPrinterColumns").index(index)))
      : NONE),
    ...(selectableFields.length > 0 && takes("selectableFields")
      ? validateSelectable(version, path, takes("schema"))
      : NONE),
  ]
}

function validateSelectable(
  { schema, selectableFields = [] }: CustomResourceDefinitionVersion,
  path: FieldPath,
  besideSchema: boolean,
): Errors {
  const form = schema?.openAPIV3Schema
  const at = path.child("selectableFields")
  if (form === undefined || !besideSchema) {
    // As in Kubernetes: what all versions select needs a form that all have, and the other way round.
    const where = path === SPEC ? "validations.schema is" : "`version.schema.openAPIV3Schema` is not"
    return [field.invalid(at, "", `may only be set when ${where} included`)]
  }
  try {
    return validateSelectableFields(selectableFields, parseStructural(form), at)
  } catch (error) {
    if (error instanceof StructuralError) {
      return [field.invalid(path.child("schema.openAPIV3Schema"), "", error.message)]
    }
    throw error
  }
}

function validateStoredVersions(
  stored: readonly string[],
  versions: readonly CustomResourceDefinitionVersion[],
): Errors {
  const path = FieldPath.root("status", "storedVersions")
  if (stored.length === 0) return [field.invalid(path, stored, "must have at least one stored version")]
  // A name counts once, also when two versions have it.
  const isFirst = (name: string, index: number) => versions.findIndex((version) => version.name === name) === index
  return [
    ...versions
      .filter(({ name, storage }, index) => storage && !(stored.includes(name) && isFirst(name, index)))
      .map(({ name }) => field.invalid(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, index) =>
      versions.some((version) => version.name === name)
        ? NONE
        : [
            field.invalid(
              path.index(index),
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ]
}
