import type { StoredMeta } from "../../../machinery/schema/resource.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { PodSpec } from "./pod-spec.ts"
import type { PodStatus } from "./pod-status.ts"

/** What rules about pods look at. The kind itself is defined with these rules, so they cannot name its type. */
export interface PodObject {
  readonly metadata: StoredMeta
  readonly spec: PodSpec
  readonly status: PodStatus
}
export type PodDraft = Draft<PodObject>
