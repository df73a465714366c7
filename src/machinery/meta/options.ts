import { bool, int64, list, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const Preconditions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", {
  uid: string(1, { doc: "", pointer: true }),
  resourceVersion: string(2, { doc: "", pointer: true }),
})
export type Preconditions = TypeOf<typeof Preconditions>

export const DeleteOptions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", {
  gracePeriodSeconds: int64(1, { doc: "", pointer: true }),
  preconditions: message(2, Preconditions, { doc: "" }),
  orphanDependents: bool(3, { doc: "", pointer: true }),
  propagationPolicy: string(4, { doc: "", pointer: true }),
  dryRun: list(5, "string", { doc: "", listType: "atomic" }),
  ignoreStoreReadErrorWithClusterBreakingPotential: bool(6, { doc: "", pointer: true }),
})
export type DeleteOptions = TypeOf<typeof DeleteOptions>

export const CreateOptions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions", {
  dryRun: list(1, "string", { doc: "" }),
  fieldManager: string(3, { doc: "" }),
  fieldValidation: string(4, { doc: "" }),
})
export type CreateOptions = TypeOf<typeof CreateOptions>

export const UpdateOptions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions", {
  dryRun: list(1, "string", { doc: "" }),
  fieldManager: string(2, { doc: "" }),
  fieldValidation: string(3, { doc: "" }),
})
export type UpdateOptions = TypeOf<typeof UpdateOptions>

export const PatchOptions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions", {
  dryRun: list(1, "string", { doc: "" }),
  force: bool(2, { doc: "", pointer: true }),
  fieldManager: string(3, { doc: "" }),
  fieldValidation: string(4, { doc: "" }),
})
export type PatchOptions = TypeOf<typeof PatchOptions>

export const GetOptions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions", {
  resourceVersion: string(1, { doc: "" }),
})
export type GetOptions = TypeOf<typeof GetOptions>

export const ListOptions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions", {
  labelSelector: string(1, { doc: "" }),
  fieldSelector: string(2, { doc: "" }),
  watch: bool(3, { doc: "" }),
  allowWatchBookmarks: bool(9, { doc: "" }),
  resourceVersion: string(4, { doc: "" }),
  resourceVersionMatch: string(10, { doc: "" }),
  timeoutSeconds: int64(5, { doc: "", pointer: true }),
  limit: int64(7, { doc: "" }),
  continue: string(8, { doc: "" }),
  sendInitialEvents: bool(11, { doc: "", pointer: true }),
  shardSelector: string(15, { doc: "" }),
})
export type ListOptions = TypeOf<typeof ListOptions>
