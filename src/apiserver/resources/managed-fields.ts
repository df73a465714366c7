import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { DraftObject } from "./draft.ts"
import type { WriteOptions } from "./request-options.ts"
import type { Scope } from "./scope.ts"

/** Who set which field. */
export function trackCreate(_scope: Scope, draft: DraftObject, _options: WriteOptions): void {
  delete draft.metadata.managedFields
}

export function trackUpdate(_scope: Scope, draft: DraftObject, _old: KubeObject, _options: WriteOptions): void {
  delete draft.metadata.managedFields
}
