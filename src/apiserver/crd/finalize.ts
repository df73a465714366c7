import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { CustomResourceDefinition as Definition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import type { DraftObject } from "../resources/draft.ts"
import type { KindBehavior } from "../resources/hooks.ts"
import { type Condition, isTrue, withCondition } from "./conditions.ts"

export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io"

/**
 * A definition goes in steps: its objects first.
 *
 *     DELETE ──▶ pending ──▶ in progress ──▶ completed ──▶ gone
 *                                 └──▶ check (after a minute: finalizers keep objects) ──▶ completed
 */
export const definitionBehavior: KindBehavior = {
  resource: Definition,
  hooks: {
    blocksDeletion: ({ metadata }) => !metadata.deletionTimestamp,
    markDeleting: (draft) => markPending(draft),
  },
}

function markPending(object: DraftObject): void {
  const draft = object as unknown as Draft<CustomResourceDefinition>
  const { metadata, status } = draft
  const finalizers = metadata.finalizers ?? []
  if (!finalizers.includes(CLEANUP_FINALIZER)) metadata.finalizers = [...finalizers, CLEANUP_FINALIZER]
  const message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
  const condition = terminating("True", "InstanceDeletionPending", message)
  const now = metadata.deletionTimestamp ?? ""
  status.conditions = [...withCondition(status.conditions, condition, now)] as Draft<typeof status.conditions>
}

function terminating(status: "True" | "False", reason: string, message: string): Condition {
  return { type: "Terminating", status, reason, message }
}

/** When the objects of a definition that is ending should be gone. */
const DELETION_MS = 60_000

export interface FinishOptions {
  readonly nowMs: number
  /** Its objects would be those of a built-in resource, which is served instead. */
  readonly overlaps: boolean
  /** Deletes all objects and returns how many are still there. */
  readonly deleteAll: () => Promise<number>
}

export type Step =
  | { readonly do: "nothing" }
  /** Store this status, and look again: at once, or after a while. */
  | { readonly do: "say"; readonly condition: Condition; readonly again: boolean }
  /** Store this status, without the finalizer. */
  | { readonly do: "let go"; readonly condition: Condition }
  | { readonly do: "wait" }

/** The next step of a definition that is ending. Errors of deletions become conditions. */
export async function nextStep(definition: CustomResourceDefinition, options: FinishOptions): Promise<Step> {
  const { metadata, status } = definition
  if (!metadata.deletionTimestamp || !metadata.finalizers?.includes(CLEANUP_FINALIZER)) return { do: "nothing" }
  if (!isTrue(definition, "Established")) {
    return { do: "let go", condition: terminating("False", "NeverEstablished", "resource was never established") }
  }
  if (options.overlaps) {
    const message = "instances overlap with built-in resources in storage"
    return { do: "let go", condition: terminating("False", "OverlappingBuiltInResource", message) }
  }
  const before = status.conditions.find(({ type }) => type === "Terminating")
  if (before === undefined || before.reason === "InstanceDeletionPending") {
    const condition = terminating("True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
    return { do: "say", condition, again: true }
  }
  let left: number
  try {
    left = await options.deleteAll()
  } catch (error) {
    const message = `could not issue all deletes: ${messageOf(error)}`
    return { do: "say", condition: terminating("True", "InstanceDeletionFailed", message), again: false }
  }
  if (left === 0) {
    return { do: "let go", condition: terminating("False", "InstanceDeletionCompleted", "removed all instances") }
  }
  if (options.nowMs - timeToMs(metadata.deletionTimestamp) < DELETION_MS) return { do: "wait" }
  const message = "could not confirm zero CustomResources remaining: context deadline exceeded"
  return { do: "say", condition: terminating("True", "InstanceDeletionCheck", message), again: false }
}
