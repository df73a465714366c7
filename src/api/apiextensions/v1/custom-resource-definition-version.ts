import { bool, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { JSONSchemaProps } from "./json-schema-props.ts"

export const CustomResourceValidation = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation",
  {
    openAPIV3Schema: message(1, JSONSchemaProps, { doc: "" }),
  },
)
export type CustomResourceValidation = TypeOf<typeof CustomResourceValidation>

export const CustomResourceSubresourceStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus",
  {},
)
export type CustomResourceSubresourceStatus = TypeOf<typeof CustomResourceSubresourceStatus>

export const CustomResourceSubresourceScale = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale",
  {
    specReplicasPath: string(1, { doc: "", required: true }),
    statusReplicasPath: string(2, { doc: "", required: true }),
    labelSelectorPath: string(3, { doc: "", pointer: true }),
  },
)
export type CustomResourceSubresourceScale = TypeOf<typeof CustomResourceSubresourceScale>

export const CustomResourceSubresources = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources",
  {
    status: message(1, CustomResourceSubresourceStatus, { doc: "" }),
    scale: message(2, CustomResourceSubresourceScale, { doc: "" }),
  },
)
export type CustomResourceSubresources = TypeOf<typeof CustomResourceSubresources>

export const CustomResourceColumnDefinition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition",
  {
    name: string(1, { doc: "", required: true }),
    type: string(2, { doc: "", required: true }),
    format: string(3, { doc: "" }),
    description: string(4, { doc: "" }),
    priority: int32(5, { doc: "" }),
    jsonPath: string(6, { doc: "", required: true }),
  },
)
export type CustomResourceColumnDefinition = TypeOf<typeof CustomResourceColumnDefinition>

export const SelectableField = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField", {
  jsonPath: string(1, { doc: "", required: true }),
})
export type SelectableField = TypeOf<typeof SelectableField>

export const CustomResourceDefinitionVersion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion",
  {
    name: string(1, { doc: "", required: true }),
    served: bool(2, { doc: "", required: true }),
    storage: bool(3, { doc: "", required: true }),
    deprecated: bool(7, { doc: "" }),
    deprecationWarning: string(8, { doc: "", pointer: true }),
    schema: message(4, CustomResourceValidation, { doc: "" }),
    subresources: message(5, CustomResourceSubresources, { doc: "" }),
    additionalPrinterColumns: list(6, CustomResourceColumnDefinition, { doc: "", listType: "atomic" }),
    selectableFields: list(9, SelectableField, { doc: "", listType: "atomic" }),
  },
)
export type CustomResourceDefinitionVersion = TypeOf<typeof CustomResourceDefinitionVersion>
