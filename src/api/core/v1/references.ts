import { bool, inline, int32, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const LocalObjectReference = struct(
  "io.k8s.api.core.v1.LocalObjectReference",
  {
    name: string(1, { doc: "The name of the object, in the same namespace.", openapiDefault: "" }),
  },
  { doc: "An object in the same namespace, by name.", mapType: "atomic" },
)
export type LocalObjectReference = TypeOf<typeof LocalObjectReference>

export const ObjectReference = struct(
  "io.k8s.api.core.v1.ObjectReference",
  {
    kind: string(1, { doc: "The kind of the object." }),
    namespace: string(2, { doc: "The namespace of the object; empty for objects of the whole cluster." }),
    name: string(3, { doc: "The name of the object." }),
    uid: string(4, { doc: "The uid of the object, which tells it from others of the same name." }),
    apiVersion: string(5, { doc: "The API version of the object." }),
    resourceVersion: string(6, { doc: "The version of the object that is meant." }),
    fieldPath: string(7, { doc: "The part of the object that is meant, such as spec.containers{web}." }),
  },
  { doc: "An object, or a part of one, anywhere in the cluster.", mapType: "atomic" },
)
export type ObjectReference = TypeOf<typeof ObjectReference>

export const SecretReference = struct(
  "io.k8s.api.core.v1.SecretReference",
  {
    name: string(1, { doc: "The name of the Secret." }),
    namespace: string(2, { doc: "The namespace of the Secret." }),
  },
  { doc: "A Secret by name and namespace.", mapType: "atomic" },
)
export type SecretReference = TypeOf<typeof SecretReference>

export const TypedLocalObjectReference = struct(
  "io.k8s.api.core.v1.TypedLocalObjectReference",
  {
    apiGroup: string(1, { doc: "The API group of the object; absent for the core group.", pointer: true }),
    kind: string(2, { doc: "The kind of the object.", required: true }),
    name: string(3, { doc: "The name of the object.", required: true }),
  },
  { doc: "An object of any kind in the same namespace.", mapType: "atomic" },
)
export type TypedLocalObjectReference = TypeOf<typeof TypedLocalObjectReference>

export const TypedObjectReference = struct(
  "io.k8s.api.core.v1.TypedObjectReference",
  {
    apiGroup: string(1, { doc: "The API group of the object; absent for the core group.", pointer: true }),
    kind: string(2, { doc: "The kind of the object.", required: true }),
    name: string(3, { doc: "The name of the object.", required: true }),
    namespace: string(4, {
      doc: "The namespace of the object, where a ReferenceGrant must allow it. Default: the same namespace.",
      pointer: true,
    }),
  },
  { doc: "An object of any kind, maybe in another namespace." },
)
export type TypedObjectReference = TypeOf<typeof TypedObjectReference>

export const ObjectFieldSelector = struct(
  "io.k8s.api.core.v1.ObjectFieldSelector",
  {
    apiVersion: string(1, { doc: "The API version in which the path is written. Default v1.", default: "v1" }),
    fieldPath: string(2, {
      doc: "The path of the field, such as metadata.labels['app'] or status.podIP.",
      required: true,
    }),
  },
  { doc: "A field of the pod itself.", mapType: "atomic" },
)
export type ObjectFieldSelector = TypeOf<typeof ObjectFieldSelector>

export const ResourceFieldSelector = struct(
  "io.k8s.api.core.v1.ResourceFieldSelector",
  {
    containerName: string(1, {
      doc: "The container that is meant. Needed in volumes; in environment variables the default is the container itself.",
    }),
    resource: string(2, {
      doc: "What is meant, such as limits.cpu or requests.memory. A missing limit counts as what the node has.",
      required: true,
    }),
    divisor: quantity(3, {
      doc: "The unit of the result, such as 1Mi; it is rounded up. Default 1: whole cores or bytes.",
      always: true,
    }),
  },
  { doc: "A request or limit of a container.", mapType: "atomic" },
)
export type ResourceFieldSelector = TypeOf<typeof ResourceFieldSelector>

export const ConfigMapKeySelector = struct(
  "io.k8s.api.core.v1.ConfigMapKeySelector",
  {
    localObjectReference: inline(1, LocalObjectReference),
    key: string(2, { doc: "The key whose value is used.", required: true }),
    optional: bool(3, {
      doc: "Whether the container starts when ConfigMap or key does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "A key of a ConfigMap in the same namespace.", mapType: "atomic" },
)
export type ConfigMapKeySelector = TypeOf<typeof ConfigMapKeySelector>

export const SecretKeySelector = struct(
  "io.k8s.api.core.v1.SecretKeySelector",
  {
    localObjectReference: inline(1, LocalObjectReference),
    key: string(2, { doc: "The key whose value is used.", required: true }),
    optional: bool(3, {
      doc: "Whether the container starts when Secret or key does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "A key of a Secret in the same namespace.", mapType: "atomic" },
)
export type SecretKeySelector = TypeOf<typeof SecretKeySelector>

export const KeyToPath = struct(
  "io.k8s.api.core.v1.KeyToPath",
  {
    key: string(1, { doc: "The key of the entry.", required: true }),
    path: string(2, { doc: "The path of the file, relative to the mount and without .. parts.", required: true }),
    mode: int32(3, {
      doc: "The file's permission bits, in YAML as octal (0400), in JSON as decimal (256). Default: the volume's defaultMode.",
      pointer: true,
    }),
  },
  { doc: "Under which path an entry appears in a volume." },
)
export type KeyToPath = TypeOf<typeof KeyToPath>
