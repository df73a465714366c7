import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import type { CustomResourceDefinitionVersion } from "../../api/apiextensions/v1/custom-resource-definition-version.ts"
import { type AnyResource, type Subresource, storedVerbs, type Verb } from "../../machinery/schema/resource.ts"
import { customStrategy } from "../../machinery/structural/custom-strategy.ts"
import { customDefinitionName, customStruct } from "../../machinery/structural/custom-struct.ts"
import { parseStructural, StructuralError } from "../../machinery/structural/parse-structural.ts"
import type { SchemaSource } from "../../machinery/structural/schema-source.ts"
import type { StructuralSchema } from "../../machinery/structural/structural-schema.ts"
import type { Clock } from "../../platform/clock.ts"
import { customColumns } from "./columns.ts"
import { isTrue } from "./conditions.ts"
import { deprecationWarning } from "./deprecation.ts"
import { selectableFields } from "./selectable-fields.ts"

/** One version of a definition as a resource like any other: from here on nothing asks where it came from. */
export function customResource(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  clock: Pick<Clock, "monotonicMs">,
): AnyResource {
  const { spec, status } = definition
  const { group } = spec
  const {
    kind,
    listKind = `${kind}List`,
    plural,
    singular = "",
    shortNames = [],
    categories = [],
  } = status.acceptedNames
  const source = version.schema?.openAPIV3Schema as SchemaSource | undefined
  const schema = structuralOf(source)
  const { status: statusPath, scale } = version.subresources ?? {}
  const hasStatus = statusPath !== undefined
  const struct = customStruct({ definition: customDefinitionName(group, version.name, kind), schema, hasStatus })
  const warning = deprecationWarning(definition, version)
  return {
    group,
    version: version.name,
    apiVersion: `${group}/${version.name}`,
    kind,
    listKind,
    plural,
    singular,
    shortNames,
    categories,
    namespaced: spec.scope === "Namespaced",
    doc: schema?.description ?? "",
    ...(warning !== undefined && { deprecated: warning }),
    storageVersion: storageVersionOf(definition).name,
    struct,
    ...(isTrue(definition, "Terminating") && { ending: true }),
    verbs: storedVerbs,
    subresources: subresourcesOf(version),
    columns: customColumns(version) as AnyResource["columns"],
    selectableFields: selectableFields(version),
    strategy: customStrategy({ source, schema, clock, ...(scale && { scale }) }) as AnyResource["strategy"],
  }
}

export function storageVersionOf({ spec }: CustomResourceDefinition): CustomResourceDefinitionVersion {
  const version = spec.versions.find(({ storage }) => storage)
  if (version === undefined) throw new TypeError("validation lets no definition without a storage version pass")
  return version
}

function structuralOf(source: SchemaSource | undefined): StructuralSchema | undefined {
  if (source === undefined) return undefined
  try {
    return parseStructural(source)
  } catch (error) {
    if (error instanceof StructuralError) return undefined
    throw error
  }
}

function subresourcesOf({ subresources = {} }: CustomResourceDefinitionVersion): ReadonlyMap<string, Subresource> {
  const verbs: readonly Verb[] = ["get", "patch", "update"]
  const { status, scale } = subresources
  const found = new Map<string, Subresource>()
  if (status !== undefined) found.set("status", { verbs })
  if (scale !== undefined) {
    found.set("scale", { verbs, kind: "Scale", group: "autoscaling", version: "v1", scalePaths: scale })
  }
  return found
}
