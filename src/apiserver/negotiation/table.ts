import type { AnyResource, Column, KubeObject } from "../../machinery/schema/resource.ts"
import type { ListMetadata } from "../call.ts"
import type { IncludeObject } from "./accept.ts"

/** Objects as the table that `kubectl get` prints. */

export interface TableOptions {
  readonly version: "v1" | "v1beta1"
  readonly includeObject: IncludeObject
  readonly nowMs: number
  /** Later tables of a watch leave the columns out. */
  readonly withoutColumns?: boolean
}

const NAME_DOC = "The object's name, unique within its namespace among objects of its kind."
const CREATED_DOC = "When the object was created."

export function makeTable(
  resource: AnyResource,
  objects: readonly KubeObject[],
  metadata: ListMetadata | { readonly resourceVersion?: string },
  options: TableOptions,
) {
  const columns = columnsOf(resource)
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: { ...metadata },
    columnDefinitions: options.withoutColumns
      ? null
      : columns.map((column) => ({
          name: column.name,
          type: column.type,
          format: column.format ?? "",
          description: column.doc,
          priority: column.priority ?? 0,
        })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.value(object, options.nowMs)),
      ...(options.includeObject === "None" ? {} : { object: rowObject(object, options) }),
    })),
  }
}

function rowObject(object: KubeObject, options: TableOptions): unknown {
  if (options.includeObject === "Object") return object
  return partialObject(object, options.version)
}

/** The object's metadata alone. */
export function partialObject(object: KubeObject, version: "v1" | "v1beta1") {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}

interface ErasedColumn extends Omit<Column<never>, "value"> {
  readonly value: (object: KubeObject, nowMs: number) => string | number | boolean | null
}

const nameColumn: ErasedColumn = {
  name: "Name",
  type: "string",
  format: "name",
  doc: NAME_DOC,
  value: (object) => object.metadata.name,
}
const createdColumn: ErasedColumn = {
  name: "Created At",
  type: "date",
  doc: CREATED_DOC,
  value: (object) => object.metadata.creationTimestamp,
}
const known = new WeakMap<AnyResource, readonly ErasedColumn[]>()

function columnsOf(resource: AnyResource): readonly ErasedColumn[] {
  let columns = known.get(resource)
  if (columns === undefined) {
    // A column's function takes the objects of its own resource, and only such objects are given to it.
    const own = resource.columns as readonly unknown[] as readonly ErasedColumn[]
    // Events have a name column of their own, at the end.
    const named = own.some(({ format }) => format === "name")
    columns = named ? own : [nameColumn, ...(own.length === 0 ? [createdColumn] : own)]
    known.set(resource, columns)
  }
  return columns
}
