import { bool, fieldsV1, int64, list, map, string, struct, time } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const OwnerReference = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
  {
    apiVersion: string(5, { doc: "", required: true }),
    kind: string(1, { doc: "", required: true }),
    name: string(3, { doc: "", required: true }),
    uid: string(4, { doc: "", required: true }),
    controller: bool(6, { doc: "", pointer: true }),
    blockOwnerDeletion: bool(7, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type OwnerReference = TypeOf<typeof OwnerReference>

export const ManagedFieldsEntry = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", {
  manager: string(1, { doc: "" }),
  operation: string(2, { doc: "" }),
  apiVersion: string(3, { doc: "" }),
  time: time(4, { doc: "" }),
  fieldsType: string(6, { doc: "" }),
  fieldsV1: fieldsV1(7, { doc: "" }),
  subresource: string(8, { doc: "" }),
})
export type ManagedFieldsEntry = TypeOf<typeof ManagedFieldsEntry>

export const ObjectMeta = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", {
  name: string(1, { doc: "" }),
  generateName: string(2, { doc: "" }),
  namespace: string(3, { doc: "" }),
  selfLink: string(4, { doc: "" }),
  uid: string(5, { doc: "" }),
  resourceVersion: string(6, { doc: "" }),
  generation: int64(7, { doc: "" }),
  creationTimestamp: time(8, { doc: "" }),
  deletionTimestamp: time(9, { doc: "" }),
  deletionGracePeriodSeconds: int64(10, { doc: "", pointer: true }),
  labels: map(11, "string", { doc: "" }),
  annotations: map(12, "string", { doc: "" }),
  ownerReferences: list(13, OwnerReference, {
    doc: "",
    listType: "map",
    mapKeys: ["uid"],
    patchStrategy: "merge",
    mergeKey: "uid",
  }),
  finalizers: list(14, "string", { doc: "", listType: "set", patchStrategy: "merge" }),
  managedFields: list(17, ManagedFieldsEntry, { doc: "", listType: "atomic" }),
})
export type ObjectMeta = TypeOf<typeof ObjectMeta>
