import { int32, list, message, rawExtension, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"
import { ListMeta } from "./list-meta.ts"
import { ObjectMeta } from "./object-meta.ts"

export const TableColumnDefinition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition", {
  name: string(0, { doc: "", always: true }),
  type: string(0, { doc: "", always: true }),
  format: string(0, { doc: "", always: true }),
  description: string(0, { doc: "", always: true }),
  priority: int32(0, { doc: "", always: true }),
})
export type TableColumnDefinition = TypeOf<typeof TableColumnDefinition>

export const TableRowCondition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition", {
  type: string(0, { doc: "", always: true }),
  status: string(0, { doc: "", always: true }),
  reason: string(0, { doc: "" }),
  message: string(0, { doc: "" }),
})
export type TableRowCondition = TypeOf<typeof TableRowCondition>

export const TableRow = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableRow", {
  cells: list(0, "json", { doc: "", always: true }),
  conditions: list(0, TableRowCondition, { doc: "" }),
  object: rawExtension(0, { doc: "" }),
})
export type TableRow = TypeOf<typeof TableRow>

export const Table = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Table", {
  metadata: message(0, ListMeta, { doc: "", always: true }),
  columnDefinitions: list(0, TableColumnDefinition, { doc: "", always: true }),
  rows: list(0, TableRow, { doc: "", always: true }),
})
export type Table = TypeOf<typeof Table>

export const PartialObjectMetadata = struct("io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata", {
  metadata: message(1, ObjectMeta, { doc: "", always: true }),
})
export type PartialObjectMetadata = TypeOf<typeof PartialObjectMetadata>
