import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { ApiResult } from "../call.ts"
import type { DraftObject } from "./draft.ts"
import type { Scope } from "./scope.ts"

/** A reservation outside the object, such as an address: kept when the object was stored, undone when it was not. */
export interface Reservation {
  readonly commit: () => void
  readonly revert: () => void
}

/** What a kind does besides being stored. */
export interface ResourceHooks {
  /** After validation, just before the write: may complete the draft. What it reserves is kept when the write succeeds. */
  readonly beginCreate?: (draft: DraftObject, dryRun: boolean) => Reservation
  readonly beginUpdate?: (draft: DraftObject, old: KubeObject, dryRun: boolean) => Reservation
  readonly deleted?: (object: KubeObject) => void
  /** Whether something besides `metadata.finalizers` must be gone before the object may go. */
  readonly blocksDeletion?: (object: KubeObject | DraftObject) => boolean
  /** Shows in an object whose deletion is blocked that it is ending. */
  readonly markDeleting?: (draft: DraftObject) => void
}

/** A kind with hooks, or with subresources of its own: by name, then by verb. The empty name is the object itself. */
export interface KindBehavior {
  readonly resource: AnyResource
  readonly hooks?: ResourceHooks
  readonly subresources?: ReadonlyMap<string, ReadonlyMap<string, (scope: Scope) => Promise<ApiResult>>>
}

export const NO_HOOKS: ResourceHooks = {}
export const NO_RESERVATION: Reservation = { commit: () => undefined, revert: () => undefined }

/** All versions of a resource share it. */
export function resourceKey(resource: AnyResource): string {
  return `${resource.group}/${resource.plural}`
}
