import { bool, fieldsV1, int64, list, map, string, struct, time } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const OwnerReference = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
  {
    apiVersion: string(5, { doc: "The owner's API version.", required: true }),
    kind: string(1, { doc: "The owner's kind.", required: true }),
    name: string(3, { doc: "The owner's name.", required: true }),
    uid: string(4, { doc: "The owner's uid.", required: true }),
    controller: bool(6, { doc: "Whether this owner manages the object; at most one does.", pointer: true }),
    blockOwnerDeletion: bool(7, {
      doc: "Whether a foreground deletion of the owner waits for this object.",
      pointer: true,
    }),
  },
  { doc: "An object that another one depends on.", mapType: "atomic" },
)
export type OwnerReference = TypeOf<typeof OwnerReference>

export const ManagedFieldsEntry = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
  {
    manager: string(1, { doc: "Who owns the fields." }),
    operation: string(2, { doc: "Apply or Update: how the fields came to be owned." }),
    apiVersion: string(3, { doc: "The version in which the fields are named." }),
    time: time(4, { doc: "When the fields last changed." }),
    fieldsType: string(6, { doc: "The form of the fields: FieldsV1." }),
    fieldsV1: fieldsV1(7, { doc: "The fields." }),
    subresource: string(8, { doc: "The subresource through which the change was made; empty for the object itself." }),
  },
  { doc: "The fields that one manager owns." },
)
export type ManagedFieldsEntry = TypeOf<typeof ManagedFieldsEntry>

export const ObjectMeta = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
  {
    name: string(1, { doc: "The name, unique among objects of this kind in the namespace. It cannot change." }),
    generateName: string(2, { doc: "A prefix from which the server makes a name when there is none." }),
    namespace: string(3, { doc: "The namespace that the object is in. It cannot change." }),
    selfLink: string(4, { doc: "Not filled in any more." }),
    uid: string(5, {
      doc: "Tells the object apart from all others, also from earlier ones of the same name. Set by the server.",
    }),
    resourceVersion: string(6, {
      doc: "The store's revision of the last change. Clients compare it for equality and send it back to detect changes by others.",
    }),
    generation: int64(7, { doc: "Counts the changes of the desired state. Set by the server." }),
    creationTimestamp: time(8, {
      doc: "CreationTimestamp is a timestamp: when the server created the object.",
    }),
    deletionTimestamp: time(9, { doc: "When the object is to be gone; it is being deleted. Set by the server." }),
    deletionGracePeriodSeconds: int64(10, {
      doc: "How long the object may take to end, in seconds. Set by the server together with deletionTimestamp.",
      pointer: true,
    }),
    labels: map(11, "string", { doc: "Keys and values by which objects are selected." }),
    annotations: map(12, "string", {
      doc: "Keys and values that tools keep with the object. Nothing is selected by them.",
    }),
    ownerReferences: list(13, OwnerReference, {
      doc: "The objects that this one depends on; when all are gone, it is deleted.",
      listType: "map",
      mapKeys: ["uid"],
      patchStrategy: "merge",
      mergeKey: "uid",
    }),
    finalizers: list(14, "string", {
      doc: "Who must do something before the object may go. It stays, being deleted, until the list is empty.",
      listType: "set",
      patchStrategy: "merge",
    }),
    managedFields: list(17, ManagedFieldsEntry, {
      doc: "Who owns which fields. Set by the server.",
      listType: "atomic",
    }),
  },
  { doc: "Metadata that every object has." },
)
export type ObjectMeta = TypeOf<typeof ObjectMeta>
