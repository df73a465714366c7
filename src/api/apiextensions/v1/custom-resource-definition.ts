import { bool, int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { CustomResourceConversion } from "./custom-resource-conversion.ts"
import { CustomResourceDefinitionVersion } from "./custom-resource-definition-version.ts"
import {
  validateDefinition,
  validateDefinitionStatus,
  validateDefinitionUpdate,
  validateNewDefinition,
} from "./validation/definition.ts"
import { formatWarnings } from "./validation/format-warnings.ts"

export const CustomResourceDefinitionNames = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames",
  {
    plural: string(1, { doc: "The name in paths, such as crontabs. Lower case.", required: true }),
    singular: string(2, { doc: "The name of one. Default: kind in lower case." }),
    shortNames: list(3, "string", { doc: "Short names for kubectl.", listType: "atomic" }),
    kind: string(4, { doc: "The kind of the objects, such as CronTab.", required: true }),
    listKind: string(5, { doc: "The kind of their lists. Default: kind with List behind it." }),
    categories: list(6, "string", { doc: "Groups of resources for kubectl, such as all.", listType: "atomic" }),
  },
  { doc: "What a resource is called." },
)
export type CustomResourceDefinitionNames = TypeOf<typeof CustomResourceDefinitionNames>

export const CustomResourceDefinitionSpec = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec",
  {
    group: string(1, { doc: "The API group, such as example.com.", required: true }),
    names: message(3, CustomResourceDefinitionNames, {
      doc: "What the resource and its kind are called.",
      required: true,
    }),
    scope: string(4, { doc: "Namespaced or Cluster.", required: true }),
    versions: list(7, CustomResourceDefinitionVersion, {
      doc: "The versions, with their forms.",
      required: true,
      listType: "atomic",
    }),
    conversion: message(9, CustomResourceConversion, {
      doc: "How objects are converted between versions. Default: only apiVersion changes.",
    }),
    preserveUnknownFields: bool(10, {
      doc: "No longer allowed to be true; use x-kubernetes-preserve-unknown-fields in the schema.",
    }),
  },
  { doc: "What a resource is called, and the form of its objects." },
)
export type CustomResourceDefinitionSpec = TypeOf<typeof CustomResourceDefinitionSpec>

export const CustomResourceDefinitionCondition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition",
  {
    type: string(1, {
      doc: "The aspect: Established, NamesAccepted, NonStructuralSchema, Terminating or KubernetesAPIApprovalPolicyConformant.",
      required: true,
    }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
    observedGeneration: int64(6, {
      doc: "The metadata.generation of the definition from which the condition was made.",
    }),
  },
  { doc: "One aspect of the state of a definition." },
)
export type CustomResourceDefinitionCondition = TypeOf<typeof CustomResourceDefinitionCondition>

export const CustomResourceDefinitionStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus",
  {
    conditions: list(1, CustomResourceDefinitionCondition, {
      doc: "The state of the definition; once Established is True, its objects can be used.",
      always: true,
      listType: "map",
      mapKeys: ["type"],
    }),
    acceptedNames: message(2, CustomResourceDefinitionNames, {
      doc: "The names that are in use; they can differ from the spec while others hold those.",
      always: true,
    }),
    storedVersions: list(3, "string", {
      doc: "All versions in which objects may still be stored. They cannot be removed from the spec.",
      always: true,
      listType: "atomic",
    }),
    observedGeneration: int64(4, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
  },
  { doc: "Whether a definition is in effect." },
)
export type CustomResourceDefinitionStatus = TypeOf<typeof CustomResourceDefinitionStatus>

interface DefinitionDraft {
  readonly spec: Draft<CustomResourceDefinitionSpec>
  readonly status: Draft<CustomResourceDefinitionStatus>
}

function fillIn({ spec, status }: DefinitionDraft): void {
  const { names } = spec
  names.singular ||= names.kind.toLowerCase()
  if (names.kind !== "") names.listKind ||= `${names.kind}List`
  spec.conversion ??= { strategy: "None" }
  if (status.storedVersions.length === 0) noteStoredVersion({ spec, status })
}

/** Objects may from now on be stored in this version. */
function noteStoredVersion({ spec, status }: DefinitionDraft): void {
  const stored = spec.versions.find(({ storage }) => storage)?.name
  if (stored !== undefined && !status.storedVersions.includes(stored)) status.storedVersions.push(stored)
}

/**
 * Adds a kind of your own to the API.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/
 */
export const CustomResourceDefinition = defineResource({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Adds a kind of your own to the API. Its name is <plural>.<group>.",
  definition: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
  // Kubernetes still stores definitions in this version, and its clients compare.
  storageVersion: "v1beta1",
  defaults: fillIn,
  strategy: {
    generation: true,
    prepareCreate: noteStoredVersion,
    prepareUpdate: noteStoredVersion,
    validate: validateDefinition,
    validateCreate: validateNewDefinition,
    validateUpdate: validateDefinitionUpdate,
    validateStatusUpdate: validateDefinitionStatus,
    warnings: ({ spec }, old) => formatWarnings(spec, old?.spec),
  },
  fields: {
    spec: message(2, CustomResourceDefinitionSpec, {
      doc: "What the resource is called, and the form of its objects.",
      required: true,
    }),
    status: message(3, CustomResourceDefinitionStatus, {
      doc: "Whether the definition is in effect. Read only for users.",
      always: true,
    }),
  },
})
export type CustomResourceDefinition = ObjectOf<typeof CustomResourceDefinition>
