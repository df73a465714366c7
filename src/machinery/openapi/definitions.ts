import { APIGroup, APIGroupList, APIResourceList, APIVersions } from "../meta/discovery.ts"
import { ListMeta } from "../meta/list-meta.ts"
import { DeleteOptions } from "../meta/options.ts"
import { Status } from "../meta/status.ts"
import { WatchEvent } from "../meta/watch-event.ts"
import type { AnyResource } from "../schema/resource.ts"
import type { AnyStruct, TypeSchema } from "../schema/schema.ts"
import type { Dialect, JsonSchema } from "./dialect.ts"
import { reference } from "./dialect.ts"
import { scalarDefinition, scalarDefinitionSchema } from "./scalar-schema.ts"
import { structSchema } from "./struct-schema.ts"

/** The definitions of a document: every struct that its resources can hold, and what requests and answers are made of. */

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export const PATCH = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"
const KIND_DOC = "The kind of this object, such as Pod."
const API_VERSION_DOC = "The API group and version of this object, such as apps/v1."

/** Kinds of `meta.k8s.io` that a document may need, and whether each group has its own copy of them. */
const META_KINDS: readonly { readonly struct: AnyStruct; readonly kind: string; readonly everyGroup: boolean }[] = [
  { struct: Status, kind: "Status", everyGroup: false },
  { struct: DeleteOptions, kind: "DeleteOptions", everyGroup: true },
  { struct: WatchEvent, kind: "WatchEvent", everyGroup: true },
  { struct: APIResourceList, kind: "APIResourceList", everyGroup: false },
  { struct: APIGroup, kind: "APIGroup", everyGroup: false },
  { struct: APIGroupList, kind: "APIGroupList", everyGroup: false },
  { struct: APIVersions, kind: "APIVersions", everyGroup: false },
]

export interface DefinitionSources {
  /** Whose objects and lists are defined. */
  readonly resources: readonly AnyResource[]
  /** Everything that is served; the groups of `DeleteOptions` and `WatchEvent`. */
  readonly known: readonly AnyResource[]
  /** Definitions of `meta.k8s.io` that requests and answers refer to. */
  readonly used: ReadonlySet<string>
}

/** All definitions by name, in alphabetical order. */
export function definitions(dialect: Dialect, { resources, known, used }: DefinitionSources): JsonSchema {
  const found = new Map<string, JsonSchema>()
  const add = (struct: AnyStruct) => addStruct(dialect, struct, found)
  for (const resource of resources) {
    add(resource.struct)
    extend(found, resource.struct.name, [gvkOf(resource)])
    addSelectableFields(found, resource.struct.name, resource)
    if (!resource.verbs.includes("list")) continue
    add(ListMeta)
    found.set(listDefinition(resource), listSchema(dialect, resource))
    addSelectableFields(found, listDefinition(resource), resource)
  }
  for (const { struct, kind, everyGroup } of META_KINDS) {
    if (!used.has(struct.name)) continue
    add(struct)
    extend(found, struct.name, everyGroup ? groupVersions(known).map((gv) => ({ ...gv, kind })) : [coreKind(kind)])
    addTypeMeta(found, struct.name, struct !== WatchEvent)
  }
  if (used.has(PATCH)) {
    found.set(PATCH, { description: "A change to an object, in the form that its media type names.", type: "object" })
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function gvkOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return { group, kind, version }
}

const coreKind = (kind: string): GroupVersionKind => ({ group: "", kind, version: "v1" })

export function listDefinition(resource: AnyResource): string {
  return `${resource.struct.name}List`
}

function groupVersions(resources: readonly AnyResource[]) {
  const found = new Map(resources.map(({ apiVersion, group, version }) => [apiVersion, { group, version }]))
  return [...found.values()].sort((a, b) => (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1))
}

function addStruct(dialect: Dialect, struct: AnyStruct, found: Map<string, JsonSchema>): void {
  if (found.has(struct.name)) return
  found.set(struct.name, structSchema(dialect, struct))
  for (const field of struct.members.values()) addType(dialect, field.type(), found)
}

function addType(dialect: Dialect, type: TypeSchema, found: Map<string, JsonSchema>): void {
  switch (type.type) {
    case "struct":
      addStruct(dialect, type, found)
      break
    case "list":
      addType(dialect, type.item, found)
      break
    case "map":
      addType(dialect, type.value, found)
      break
    case "either":
      // Its forms are not published, only that it exists.
      if (!found.has(type.name)) found.set(type.name, { description: type.doc })
      break
    default: {
      const name = scalarDefinition(type.type)
      if (name !== undefined && !found.has(name)) found.set(name, scalarDefinitionSchema(dialect, type.type))
    }
  }
}

const GVK_EXTENSION = "x-kubernetes-group-version-kind"

/** One definition can stand for several kinds. */
function extend(found: Map<string, JsonSchema>, name: string, kinds: readonly GroupVersionKind[]): void {
  const schema = found.get(name)
  if (schema === undefined) return
  const before = (schema[GVK_EXTENSION] ?? []) as readonly GroupVersionKind[]
  const added = kinds.filter((one) => !before.some((other) => JSON.stringify(other) === JSON.stringify(one)))
  found.set(name, { ...schema, [GVK_EXTENSION]: [...before, ...added] })
}

/** Published for custom resources only, as in Kubernetes. */
function addSelectableFields(found: Map<string, JsonSchema>, name: string, resource: AnyResource): void {
  const { struct, selectableFields } = resource
  if (struct.form === undefined || selectableFields.size === 0) return
  const paths = [...selectableFields.keys()].map((fieldPath) => ({ fieldPath }))
  found.set(name, { ...found.get(name), "x-kubernetes-selectable-fields": paths })
}

/** The descriptors of `meta.k8s.io` leave kind and apiVersion to those who use them. */
function addTypeMeta(found: Map<string, JsonSchema>, name: string, hasTypeMeta: boolean): void {
  const schema = found.get(name)
  if (schema === undefined || !hasTypeMeta) return
  const properties = { ...TYPE_META, ...(schema["properties"] as JsonSchema) }
  found.set(name, { ...schema, properties })
}

const TYPE_META: JsonSchema = {
  apiVersion: { description: API_VERSION_DOC, type: "string" },
  kind: { description: KIND_DOC, type: "string" },
}

function listSchema(dialect: Dialect, resource: AnyResource): JsonSchema {
  const metadata = reference(dialect, ListMeta.name)
  return {
    description: `A list of objects of kind ${resource.kind}.`,
    properties: {
      ...TYPE_META,
      items: {
        items: reference(dialect, resource.struct.name),
        type: "array",
        description: `The ${resource.plural}.`,
      },
      metadata: dialect === "v3" ? { allOf: [metadata], default: {} } : metadata,
    },
    required: ["items"],
    type: "object",
    [GVK_EXTENSION]: [gvkOf({ ...resource, kind: resource.listKind })],
  }
}
