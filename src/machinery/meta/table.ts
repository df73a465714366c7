import { int32, list, message, rawExtension, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"
import { ListMeta } from "./list-meta.ts"
import { ObjectMeta } from "./object-meta.ts"

export const TableColumnDefinition = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition",
  {
    name: string(0, { doc: "The column's title.", always: true }),
    type: string(0, { doc: "The type of its cells.", always: true }),
    format: string(0, {
      doc: "How its cells are written; name marks the column that identifies the row.",
      always: true,
    }),
    description: string(0, { doc: "What the column shows.", always: true }),
    priority: int32(0, { doc: "0 is always shown; higher ones with -o wide.", always: true }),
  },
  { doc: "A column of a table." },
)
export type TableColumnDefinition = TypeOf<typeof TableColumnDefinition>

export const TableRowCondition = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition",
  {
    type: string(0, { doc: "Which aspect of the row, such as Completed.", always: true }),
    status: string(0, { doc: "True, False or Unknown.", always: true }),
    reason: string(0, { doc: "Why, in one word for programs." }),
    message: string(0, { doc: "Why, in words for people." }),
  },
  { doc: "One aspect of a row." },
)
export type TableRowCondition = TypeOf<typeof TableRowCondition>

export const TableRow = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.TableRow",
  {
    cells: list(0, "json", { doc: "One value for each column.", always: true }),
    conditions: list(0, TableRowCondition, { doc: "What is special about the row." }),
    object: rawExtension(0, { doc: "The object that the row shows, as much of it as was asked for." }),
  },
  { doc: "An object as a row of a table." },
)
export type TableRow = TypeOf<typeof TableRow>

export const Table = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.Table",
  {
    metadata: message(0, ListMeta, { doc: "Metadata of the list.", always: true }),
    columnDefinitions: list(0, TableColumnDefinition, { doc: "The columns.", always: true }),
    rows: list(0, TableRow, { doc: "The rows, one for each object.", always: true }),
  },
  { doc: "A list of objects as people read it, with columns that the server chooses." },
)
export type Table = TypeOf<typeof Table>

export const PartialObjectMetadata = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata",
  {
    metadata: message(1, ObjectMeta, { doc: "The object's metadata.", always: true }),
  },
  { doc: "An object of any kind of which only the metadata is shown." },
)
export type PartialObjectMetadata = TypeOf<typeof PartialObjectMetadata>
