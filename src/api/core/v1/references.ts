import { bool, inline, int32, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const LocalObjectReference = struct(
  "io.k8s.api.core.v1.LocalObjectReference",
  {
    name: string(1, { doc: "", openapiDefault: "" }),
  },
  { mapType: "atomic" },
)
export type LocalObjectReference = TypeOf<typeof LocalObjectReference>

export const ObjectReference = struct(
  "io.k8s.api.core.v1.ObjectReference",
  {
    kind: string(1, { doc: "" }),
    namespace: string(2, { doc: "" }),
    name: string(3, { doc: "" }),
    uid: string(4, { doc: "" }),
    apiVersion: string(5, { doc: "" }),
    resourceVersion: string(6, { doc: "" }),
    fieldPath: string(7, { doc: "" }),
  },
  { mapType: "atomic" },
)
export type ObjectReference = TypeOf<typeof ObjectReference>

export const SecretReference = struct(
  "io.k8s.api.core.v1.SecretReference",
  {
    name: string(1, { doc: "" }),
    namespace: string(2, { doc: "" }),
  },
  { mapType: "atomic" },
)
export type SecretReference = TypeOf<typeof SecretReference>

export const TypedLocalObjectReference = struct(
  "io.k8s.api.core.v1.TypedLocalObjectReference",
  {
    apiGroup: string(1, { doc: "", pointer: true }),
    kind: string(2, { doc: "", required: true }),
    name: string(3, { doc: "", required: true }),
  },
  { mapType: "atomic" },
)
export type TypedLocalObjectReference = TypeOf<typeof TypedLocalObjectReference>

export const TypedObjectReference = struct("io.k8s.api.core.v1.TypedObjectReference", {
  apiGroup: string(1, { doc: "", pointer: true }),
  kind: string(2, { doc: "", required: true }),
  name: string(3, { doc: "", required: true }),
  namespace: string(4, { doc: "", pointer: true }),
})
export type TypedObjectReference = TypeOf<typeof TypedObjectReference>

export const ObjectFieldSelector = struct(
  "io.k8s.api.core.v1.ObjectFieldSelector",
  {
    apiVersion: string(1, { doc: "", default: "v1" }),
    fieldPath: string(2, { doc: "", required: true }),
  },
  { mapType: "atomic" },
)
export type ObjectFieldSelector = TypeOf<typeof ObjectFieldSelector>

export const ResourceFieldSelector = struct(
  "io.k8s.api.core.v1.ResourceFieldSelector",
  {
    containerName: string(1, { doc: "" }),
    resource: string(2, { doc: "", required: true }),
    divisor: quantity(3, { doc: "", always: true }),
  },
  { mapType: "atomic" },
)
export type ResourceFieldSelector = TypeOf<typeof ResourceFieldSelector>

export const ConfigMapKeySelector = struct(
  "io.k8s.api.core.v1.ConfigMapKeySelector",
  {
    localObjectReference: inline(1, LocalObjectReference),
    key: string(2, { doc: "", required: true }),
    optional: bool(3, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type ConfigMapKeySelector = TypeOf<typeof ConfigMapKeySelector>

export const SecretKeySelector = struct(
  "io.k8s.api.core.v1.SecretKeySelector",
  {
    localObjectReference: inline(1, LocalObjectReference),
    key: string(2, { doc: "", required: true }),
    optional: bool(3, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type SecretKeySelector = TypeOf<typeof SecretKeySelector>

export const KeyToPath = struct("io.k8s.api.core.v1.KeyToPath", {
  key: string(1, { doc: "", required: true }),
  path: string(2, { doc: "", required: true }),
  mode: int32(3, { doc: "", pointer: true }),
})
export type KeyToPath = TypeOf<typeof KeyToPath>
