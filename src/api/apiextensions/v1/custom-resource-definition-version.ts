import { bool, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { JSONSchemaProps } from "./json-schema-props.ts"

export const CustomResourceValidation = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation",
  {
    openAPIV3Schema: message(1, JSONSchemaProps, { doc: "The schema. Fields that it does not know are dropped." }),
  },
  { doc: "The form of the objects of a version." },
)
export type CustomResourceValidation = TypeOf<typeof CustomResourceValidation>

export const CustomResourceSubresourceStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus",
  {},
  { doc: "Separates the status of objects from the rest." },
)
export type CustomResourceSubresourceStatus = TypeOf<typeof CustomResourceSubresourceStatus>

export const CustomResourceSubresourceScale = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale",
  {
    specReplicasPath: string(1, {
      doc: "The path of the wanted number, below .spec, such as .spec.replicas.",
      required: true,
    }),
    statusReplicasPath: string(2, {
      doc: "The path of the number that there is, below .status, such as .status.replicas.",
      required: true,
    }),
    labelSelectorPath: string(3, {
      doc: "The path of the pods' selector as text, below .spec or .status. Needed by autoscalers.",
      pointer: true,
    }),
  },
  { doc: "Lets kubectl scale and autoscalers work with objects." },
)
export type CustomResourceSubresourceScale = TypeOf<typeof CustomResourceSubresourceScale>

export const CustomResourceSubresources = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources",
  {
    status: message(1, CustomResourceSubresourceStatus, {
      doc: "Gives the status a path of its own, and keeps it out of other writes.",
    }),
    scale: message(2, CustomResourceSubresourceScale, { doc: "Gives the number of replicas a path of its own." }),
  },
  { doc: "Parts of objects that have a path of their own." },
)
export type CustomResourceSubresources = TypeOf<typeof CustomResourceSubresources>

export const CustomResourceColumnDefinition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition",
  {
    name: string(1, { doc: "The title of the column.", required: true }),
    type: string(2, { doc: "The type of its cells, such as string, integer, boolean or date.", required: true }),
    format: string(3, { doc: "A finer type, such as int64; the format name marks the identifying column." }),
    description: string(4, { doc: "What the column shows." }),
    priority: int32(5, { doc: "0 is always shown; higher numbers only with -o wide." }),
    jsonPath: string(6, { doc: "Where in the object the cell is found, such as .spec.replicas.", required: true }),
  },
  { doc: "A column that kubectl get shows." },
)
export type CustomResourceColumnDefinition = TypeOf<typeof CustomResourceColumnDefinition>

export const SelectableField = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField",
  {
    jsonPath: string(1, {
      doc: "The path of the field, such as .spec.color. It must be a text, number or boolean in the schema.",
      required: true,
    }),
  },
  { doc: "A field that field selectors can use." },
)
export type SelectableField = TypeOf<typeof SelectableField>

export const CustomResourceDefinitionVersion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion",
  {
    name: string(1, { doc: "The name of the version, such as v1 or v1beta1.", required: true }),
    served: bool(2, { doc: "Whether the version can be used through the API.", required: true }),
    storage: bool(3, {
      doc: "Whether objects are stored in this version. Exactly one version must say so.",
      required: true,
    }),
    deprecated: bool(7, { doc: "Whether clients that use the version are warned. Default false." }),
    deprecationWarning: string(8, {
      doc: "The text of that warning, at most 256 characters. Default: one that names the version.",
      pointer: true,
    }),
    schema: message(4, CustomResourceValidation, { doc: "The form of the objects. Needed." }),
    subresources: message(5, CustomResourceSubresources, { doc: "Parts of objects that have a path of their own." }),
    additionalPrinterColumns: list(6, CustomResourceColumnDefinition, {
      doc: "Columns that kubectl get shows. Default: the age.",
      listType: "atomic",
    }),
    selectableFields: list(9, SelectableField, {
      doc: "Fields that field selectors can use, at most 8.",
      listType: "atomic",
    }),
  },
  { doc: "One version of a resource." },
)
export type CustomResourceDefinitionVersion = TypeOf<typeof CustomResourceDefinitionVersion>
