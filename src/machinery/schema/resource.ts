import type { FieldError } from "../field/error.ts"
import type { ObjectMeta } from "../meta/object-meta.ts"
import { ObjectMeta as ObjectMetaStruct } from "../meta/object-meta.ts"
import type { FieldMap, ReadFields, WriteFields } from "./fields.ts"
import { message, string, struct } from "./fields.ts"
import type { AnyStruct, Draft, Format, InputOf, StructSchema } from "./schema.ts"

/** A kind of object and how the API serves it. Discovery, OpenAPI, tables and the REST handlers derive from this. */

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch"
export const storedVerbs: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
]

/** Metadata of an object that the server has stored. */
export type StoredMeta = ObjectMeta & {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
}
export type NamespacedMeta = StoredMeta & { readonly namespace: string }

/** What every stored object has; the type to use where the kind does not matter. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: StoredMeta
}
interface ReadBase<N> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: N extends false ? StoredMeta : NamespacedMeta
}
interface WriteBase {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: InputOf<typeof ObjectMetaStruct>
}

export interface Column<T> {
  readonly name: string
  readonly type: "string" | "integer" | "number" | "boolean" | "date"
  /** `name` marks the identifying column. */
  readonly format?: string
  readonly doc: string
  /** 0 is always shown; higher ones with `-o wide`. */
  readonly priority?: number
  /** The cell: text, number, boolean, or null where there is nothing to show. `nowMs` is for ages. */
  readonly value: (object: T, nowMs: number) => string | number | boolean | null
}

/** A subresource as discovery lists it. `status` and `scale` are served generically; others by their own handlers. */
export interface Subresource {
  readonly verbs: readonly Verb[]
  /** The kind it takes and returns; the parent's own when absent. */
  readonly kind?: string
  readonly group?: string
  readonly version?: string
  /** Paths that it cannot change. Default for `status`: everything but metadata and status; for others nothing. */
  readonly resets?: readonly string[]
  /** Of `scale`: where the numbers stand, when it is not `spec.replicas`, `status.replicas` and `spec.selector`. */
  readonly scalePaths?: ScalePaths
}

/** Paths of members in an object, each beginning with a dot. */
export interface ScalePaths {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  /** Of a label selector as text. */
  readonly labelSelectorPath?: string
}

/** Who writes an object, and when. */
export interface WriteContext {
  readonly user: {
    readonly name: string
    readonly uid?: string
    readonly groups: readonly string[]
    readonly extra: ReadonlyMap<string, readonly string[]>
  }
  /** RFC 3339, in whole seconds. */
  readonly now: string
}

/** How objects of a kind come to be and change. All functions are pure. */
export interface Strategy<T> {
  /** Which names are allowed. Default: DNS-1123 subdomain. */
  readonly nameFormat?: Format
  /** `metadata.generation` starts at 1 and grows with each change of anything but metadata and status. */
  readonly generation?: boolean
  /** PUT to a name that does not exist creates it. */
  readonly createOnUpdate?: boolean
  /** PUT without a resourceVersion overwrites. */
  readonly unconditionalUpdate?: boolean
  /** Paths that requests to the object itself cannot change. Default: the status, when it has a subresource. */
  readonly resets?: readonly string[]
  /** Stored objects vanish after this time. */
  readonly timeToLiveSeconds?: number
  /** A creator may set the status, as nodes do when they register. */
  readonly statusOnCreate?: boolean
  /** Resets what a creator may not set. The status of kinds with a status subresource is cleared before. */
  readonly prepareCreate?: (object: Draft<T>, context: WriteContext) => void
  /** Keeps what an update of the main resource may not touch. Status is restored before. */
  readonly prepareUpdate?: (object: Draft<T>, old: T, context: WriteContext) => void
  /** Keeps what an update of the status subresource may not touch. Everything but status and metadata is restored before. */
  readonly prepareStatusUpdate?: (object: Draft<T>, old: T, context: WriteContext) => void
  /** Rules that span fields, for create and update. */
  readonly validate?: (object: T) => readonly FieldError[]
  /** Rules that only a new object has to meet. */
  readonly validateCreate?: (object: T) => readonly FieldError[]
  readonly validateUpdate?: (object: T, old: T) => readonly FieldError[]
  readonly validateStatusUpdate?: (object: T, old: T) => readonly FieldError[]
  /** Sent as `Warning` headers. */
  readonly warnings?: (object: T, old: T | undefined) => readonly string[]
  /**
   * For kinds that end gracefully: how long, in seconds, an object may take once deletion is asked for, given what the
   * client asked (undefined: it did not say). 0 removes it at once.
   */
  readonly gracePeriodSeconds?: (object: T, requestedSeconds: number | undefined) => number
  /** Deleting answers with the object instead of a Status. */
  readonly returnsDeleted?: boolean
  /** Members that JSON shows as null where they are absent: what Go writes for times without `omitempty`. */
  readonly nullWhenAbsent?: readonly string[]
  /**
   * What becomes of dependents when the client does not say. `orphan`: they stay. `none`: the kind has none, and what the
   * client says does not matter. Absent: they are deleted in the background.
   */
  readonly dependents?: "orphan" | "none"
}

export interface ResourceOptions<F extends FieldMap, N extends boolean, T> {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** Default: the kind in lower case. */
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly namespaced?: N
  readonly doc: string
  /** Since when the kind should not be used, and what instead: sent as a `Warning` with every answer. */
  readonly deprecated?: string
  /** The version that discovery hints at, when it is another one. */
  readonly storageVersion?: string
  /** The OpenAPI definition name. */
  readonly definition: string
  /** OpenAPI lists the metadata as required. */
  readonly metadataRequired?: true
  /** Members besides apiVersion, kind and metadata. */
  readonly fields: F
  /** Default: all verbs. */
  readonly verbs?: readonly Verb[]
  readonly subresources?: Readonly<Record<string, Subresource>>
  /** After the name column, as `kubectl get` shows them. */
  readonly columns?: readonly Column<T>[]
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>
  readonly defaults?: (object: Draft<T>) => void
  readonly strategy?: Strategy<T>
}

export interface Resource<R = KubeObject, W = unknown> {
  readonly group: string
  readonly version: string
  /** `v1`, or `apps/v1`. */
  readonly apiVersion: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly doc: string
  /** A warning for whoever uses the kind. */
  readonly deprecated?: string
  /** The version in which discovery says that its objects are stored, when it can be another one. */
  readonly storageVersion?: string
  /** The resource is going away: all its objects are being deleted, and none may be created. */
  readonly ending?: boolean
  /** The whole object, with apiVersion, kind and metadata. */
  readonly struct: AnyStruct
  readonly verbs: readonly Verb[]
  readonly subresources: ReadonlyMap<string, Subresource>
  readonly columns: readonly Column<never>[]
  readonly selectableFields: ReadonlyMap<string, (object: never) => string>
  readonly strategy: Strategy<never>
  /** Phantom types; never present at run time. */
  readonly $read?: R
  readonly $write?: W
}
/** Any resource, where the kind is not known to the compiler. */
export type AnyResource = Resource<unknown, unknown>

/** The type of a stored object of a resource. */
export type ObjectOf<T> = T extends { readonly $read?: infer R } ? Exclude<R, undefined> : never
/** The type that a client sends: `client.create(Pod, {…})`. */
export type ManifestOf<T> = T extends { readonly $write?: infer W } ? Exclude<W, undefined> : never

/** An object inside another one, as the claims that a stateful set makes from templates: nothing has been stored yet. */
type Embedded<R> = Omit<R, "apiVersion" | "kind" | "metadata"> & {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** The struct of a kind, for kinds that hold whole objects of it. */
export function structOf<R, W>(resource: Resource<R, W>): StructSchema<Embedded<R>, W> {
  return resource.struct as StructSchema<Embedded<R>, W>
}

type Read<F, N> = ReadBase<N> & ReadFields<F>
type Write<F> = WriteBase & WriteFields<F>

export function defineResource<const F extends FieldMap, const N extends boolean = true>(
  options: ResourceOptions<F, N, Read<F, N>>,
): Resource<Read<F, N>, Write<F>> {
  const { group, version, kind } = options
  const whole = struct(
    options.definition,
    {
      kind: string(0, { doc: "The kind of this object." }),
      apiVersion: string(0, { doc: "The API group and version of this object." }),
      metadata: message(1, ObjectMetaStruct, {
        doc: "Name, labels and other data that every object has.",
        always: true,
        ...(options.metadataRequired ? { required: true } : {}),
      }),
      ...options.fields,
    },
    { doc: options.doc },
  )
  const objectStruct: AnyStruct = options.defaults ? { ...whole, defaults: options.defaults } : whole
  return {
    group,
    version,
    apiVersion: group === "" ? version : `${group}/${version}`,
    kind,
    listKind: `${kind}List`,
    plural: options.plural,
    singular: options.singular ?? kind.toLowerCase(),
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    namespaced: options.namespaced ?? true,
    doc: options.doc,
    ...(options.deprecated !== undefined && { deprecated: options.deprecated }),
    ...(options.storageVersion !== undefined && { storageVersion: options.storageVersion }),
    struct: objectStruct,
    verbs: options.verbs ?? storedVerbs,
    subresources: new Map(Object.entries(options.subresources ?? {})),
    columns: options.columns ?? [],
    selectableFields: new Map(Object.entries(options.selectableFields ?? {})),
    strategy: options.strategy ?? {},
  }
}
