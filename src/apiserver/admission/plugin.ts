import type { AnyResource, KubeObject, ObjectOf } from "../../machinery/schema/resource.ts"
import type { AnyStruct } from "../../machinery/schema/schema.ts"
import type { UserInfo } from "../call.ts"
import type { DraftObject } from "../resources/draft.ts"

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT"

/** What an object of a request is, when it is not of the resource's own kind. */
export interface ObjectKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly struct: AnyStruct
}

/** A change that is about to be made. */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation
  readonly resource: AnyResource
  /** Empty for the object itself. */
  readonly subresource: string
  readonly namespace: string
  /** May be empty while a name is still to be generated. */
  readonly name: string
  readonly user: UserInfo
  /** Of the API: an update may also be a patch. Absent in requests that are made up. */
  readonly verb?: string
  readonly dryRun: boolean
  /** What would be stored; for subresources with a kind of their own, that body. Absent for DELETE. */
  readonly object: DraftObject | undefined
  /** What is stored now; for UPDATE and DELETE. */
  readonly old: KubeObject | undefined
  /** Of `object` and `old`. Default: the resource's. */
  readonly kind?: ObjectKind
  /** The version in which the client sent it, when that is not the one that is stored. */
  readonly sentAs?: AnyResource | undefined
  /** The request's options as an object, such as `CreateOptions`. Absent for CONNECT. */
  readonly options?: () => object
  readonly warn: (text: string) => void
  /** Adds to the audit record. */
  readonly annotate?: (key: string, value: string) => void
  /** Aborts when the client goes away. Made when somebody asks: most requests are answered without. */
  readonly signal?: () => AbortSignal
}

/**
 * One way of a request through all mutating plugins. When a plugin that lies outside this server changes the object,
 * they all run a second time, because those that came before have not seen the change.
 */
export interface MutationRound {
  readonly isSecond: boolean
  /** Set in the first round: a second is needed. */
  secondNeeded: boolean
}

/** Looks at, completes or refuses changes. Each plugin decides by itself which requests of its resources concern it. */
export interface AdmissionPlugin {
  readonly name: string
  /** The only resources that it is asked about, with their subresources. Default: all. */
  readonly resources?: readonly AnyResource[]
  /** Changes `request.object` in place. Throws `StatusError` to refuse. */
  readonly mutate?: (request: AdmissionRequest, round: MutationRound) => void | Promise<void>
  /** Runs after all mutations and validation. Throws `StatusError` to refuse. */
  readonly validate?: (request: AdmissionRequest) => void | Promise<void>
}

/** Current objects, for plugins that decide by what exists. */
export interface ObjectReader {
  /** From the watch cache; may be a moment old. */
  get<R extends AnyResource>(resource: R, namespace: string, name: string): ObjectOf<R> | undefined
  list<R extends AnyResource>(resource: R, namespace: string): readonly ObjectOf<R>[]
  /** The objects whose selectable field has a value. Fast when the field is indexed. */
  listByField<R extends AnyResource>(resource: R, field: string, value: string): readonly ObjectOf<R>[]
  /** How many objects of this kind there are. */
  count(resource: AnyResource): number
  /** The revision of the last change of this kind, for those who keep something made of its objects. */
  changedRevision(resource: AnyResource): number
  /** Includes every write that was acknowledged. */
  getFresh<R extends AnyResource>(resource: R, namespace: string, name: string): Promise<ObjectOf<R> | undefined>
}

export function isResource(request: AdmissionRequest, resource: AnyResource): boolean {
  return isSameResource(request.resource, resource)
}

/** All versions of a resource are the same one. */
export function isSameResource(one: AnyResource, other: AnyResource): boolean {
  return one === other || (one.plural === other.plural && one.group === other.group)
}
