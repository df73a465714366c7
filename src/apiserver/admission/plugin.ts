import type { AnyResource, KubeObject, ObjectOf } from "../../machinery/schema/resource.ts"
import type { UserInfo } from "../call.ts"
import type { DraftObject } from "../resources/draft.ts"

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT"

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
  readonly dryRun: boolean
  /** What would be stored; for subresources with a kind of their own, that body. Absent for DELETE. */
  readonly object: DraftObject | undefined
  /** What is stored now; for UPDATE and DELETE. */
  readonly old: KubeObject | undefined
  readonly warn: (text: string) => void
}

/** Looks at, completes or refuses changes. Each plugin decides by itself which requests concern it. */
export interface AdmissionPlugin {
  readonly name: string
  /** Changes `request.object` in place. Throws `StatusError` to refuse. */
  readonly mutate?: (request: AdmissionRequest) => void | Promise<void>
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
  return request.resource.plural === resource.plural && request.resource.group === resource.group
}
