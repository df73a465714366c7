import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { DraftObject } from "./draft.ts"

/** A reservation outside the object, such as an address: kept when the object was stored, undone when it was not. */
export interface Reservation {
  readonly commit: () => void
  readonly revert: () => void
}

/** What a kind does besides being stored. Called after validation and just before the write. */
export interface ResourceHooks {
  /** May complete the draft. Throws `StatusError`. */
  readonly beginCreate?: (draft: DraftObject, dryRun: boolean) => Reservation
  readonly beginUpdate?: (draft: DraftObject, old: KubeObject, dryRun: boolean) => Reservation
  readonly deleted?: (object: KubeObject) => void
}

export const NO_RESERVATION: Reservation = { commit: () => undefined, revert: () => undefined }
