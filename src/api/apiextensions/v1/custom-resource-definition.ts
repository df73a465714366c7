import { bool, int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { CustomResourceConversion } from "./custom-resource-conversion.ts"
import { CustomResourceDefinitionVersion } from "./custom-resource-definition-version.ts"

export const CustomResourceDefinitionNames = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames",
  {
    plural: string(1, { doc: "", required: true }),
    singular: string(2, { doc: "" }),
    shortNames: list(3, "string", { doc: "", listType: "atomic" }),
    kind: string(4, { doc: "", required: true }),
    listKind: string(5, { doc: "" }),
    categories: list(6, "string", { doc: "", listType: "atomic" }),
  },
)
export type CustomResourceDefinitionNames = TypeOf<typeof CustomResourceDefinitionNames>

export const CustomResourceDefinitionSpec = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec",
  {
    group: string(1, { doc: "", required: true }),
    names: message(3, CustomResourceDefinitionNames, { doc: "", required: true }),
    scope: string(4, { doc: "", required: true }),
    versions: list(7, CustomResourceDefinitionVersion, { doc: "", required: true, listType: "atomic" }),
    conversion: message(9, CustomResourceConversion, { doc: "" }),
    preserveUnknownFields: bool(10, { doc: "" }),
  },
)
export type CustomResourceDefinitionSpec = TypeOf<typeof CustomResourceDefinitionSpec>

export const CustomResourceDefinitionCondition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition",
  {
    type: string(1, { doc: "", required: true }),
    status: string(2, { doc: "", required: true }),
    lastTransitionTime: time(3, { doc: "" }),
    reason: string(4, { doc: "" }),
    message: string(5, { doc: "" }),
    observedGeneration: int64(6, { doc: "" }),
  },
)
export type CustomResourceDefinitionCondition = TypeOf<typeof CustomResourceDefinitionCondition>

export const CustomResourceDefinitionStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus",
  {
    conditions: list(1, CustomResourceDefinitionCondition, {
      doc: "",
      always: true,
      listType: "map",
      mapKeys: ["type"],
    }),
    acceptedNames: message(2, CustomResourceDefinitionNames, { doc: "", always: true }),
    storedVersions: list(3, "string", { doc: "", always: true, listType: "atomic" }),
    observedGeneration: int64(4, { doc: "" }),
  },
)
export type CustomResourceDefinitionStatus = TypeOf<typeof CustomResourceDefinitionStatus>

/** TODO(doc) */
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
  doc: "",
  definition: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
  fields: {
    spec: message(2, CustomResourceDefinitionSpec, { doc: "", required: true }),
    status: message(3, CustomResourceDefinitionStatus, { doc: "", always: true }),
  },
})
export type CustomResourceDefinition = ObjectOf<typeof CustomResourceDefinition>
