import { bool, int64, list, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const Preconditions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions",
  {
    uid: string(1, { doc: "The uid that the object must have.", pointer: true }),
    resourceVersion: string(2, { doc: "The resource version that the object must have.", pointer: true }),
  },
  { doc: "What must hold for an object to be deleted." },
)
export type Preconditions = TypeOf<typeof Preconditions>

export const DeleteOptions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  {
    gracePeriodSeconds: int64(1, {
      doc: "How long the object may take to end, in seconds. 0 removes it at once.",
      pointer: true,
    }),
    preconditions: message(2, Preconditions, { doc: "What must hold for the deletion to happen." }),
    orphanDependents: bool(3, { doc: "Whether dependents stay. Use propagationPolicy instead.", pointer: true }),
    propagationPolicy: string(4, {
      doc: "What becomes of dependents: Orphan, Background or Foreground.",
      pointer: true,
    }),
    dryRun: list(5, "string", {
      doc: "All: the request is processed as always, but nothing is stored.",
      listType: "atomic",
    }),
    ignoreStoreReadErrorWithClusterBreakingPotential: bool(6, {
      doc: "Removes an object that cannot be read, without its finalizers and preconditions.",
      pointer: true,
    }),
  },
  { doc: "How an object is deleted." },
)
export type DeleteOptions = TypeOf<typeof DeleteOptions>

export const CreateOptions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions",
  {
    dryRun: list(1, "string", { doc: "All: the request is processed as always, but nothing is stored." }),
    fieldManager: string(3, { doc: "Who makes the change, at most 128 printable characters." }),
    fieldValidation: string(4, { doc: "What becomes of unknown and repeated fields: Strict, Warn or Ignore." }),
  },
  { doc: "How an object is created." },
)
export type CreateOptions = TypeOf<typeof CreateOptions>

export const UpdateOptions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions",
  {
    dryRun: list(1, "string", { doc: "All: the request is processed as always, but nothing is stored." }),
    fieldManager: string(2, { doc: "Who makes the change, at most 128 printable characters." }),
    fieldValidation: string(3, { doc: "What becomes of unknown and repeated fields: Strict, Warn or Ignore." }),
  },
  { doc: "How an object is updated." },
)
export type UpdateOptions = TypeOf<typeof UpdateOptions>

export const PatchOptions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions",
  {
    dryRun: list(1, "string", { doc: "All: the request is processed as always, but nothing is stored." }),
    force: bool(2, {
      doc: "Only for apply: takes fields from other managers instead of reporting conflicts.",
      pointer: true,
    }),
    fieldManager: string(3, { doc: "Who makes the change, at most 128 printable characters." }),
    fieldValidation: string(4, { doc: "What becomes of unknown and repeated fields: Strict, Warn or Ignore." }),
  },
  { doc: "How an object is patched." },
)
export type PatchOptions = TypeOf<typeof PatchOptions>

export const GetOptions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions",
  {
    resourceVersion: string(1, { doc: "How new the answer must be." }),
  },
  { doc: "How an object is read." },
)
export type GetOptions = TypeOf<typeof GetOptions>

export const ListOptions = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions",
  {
    labelSelector: string(1, { doc: "Only objects with these labels." }),
    fieldSelector: string(2, { doc: "Only objects with these values in their fields." }),
    watch: bool(3, { doc: "Whether changes are sent as they happen, instead of a list." }),
    allowWatchBookmarks: bool(9, { doc: "Whether a watch also tells how far it has come." }),
    resourceVersion: string(4, { doc: "How new the answer must be." }),
    resourceVersionMatch: string(10, { doc: "How resourceVersion is meant: Exact or NotOlderThan." }),
    timeoutSeconds: int64(5, { doc: "When the server ends the request, in seconds.", pointer: true }),
    limit: int64(7, { doc: "At most so many objects; the answer says how to get more." }),
    continue: string(8, { doc: "Where the page before ended: the continue value of its metadata." }),
    sendInitialEvents: bool(11, { doc: "Whether a watch begins with the objects that exist.", pointer: true }),
    shardSelector: string(15, { doc: "Only objects of one shard." }),
  },
  { doc: "Which objects are listed or watched, and how." },
)
export type ListOptions = TypeOf<typeof ListOptions>
