import { Namespace } from "../../api/core/v1/namespace.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { type DraftObject, toDraft } from "./draft.ts"
import type { KindBehavior } from "./hooks.ts"
import { partialUpdate } from "./partial-update.ts"

/**
 * A namespace goes only when whoever cleans it up has taken its finalizers from the spec:
 *
 *     Active ──DELETE──▶ Terminating ──finalize (none left)──▶ gone
 */
export const namespaceBehavior: KindBehavior = {
  resource: Namespace,
  hooks: {
    blocksDeletion: (object) => (specOf(object).finalizers?.length ?? 0) > 0,
    markDeleting: (draft) => {
      const { status } = draft as unknown as Draft<Namespace>
      status.phase = "Terminating"
    },
  },
  subresources: new Map([["finalize", partialUpdate((_scope, old, sent) => withFinalizers(old, sent))]]),
}

function specOf(object: KubeObject | DraftObject): Draft<Namespace["spec"]> {
  return (object as unknown as Draft<Namespace>).spec
}

function withFinalizers(old: KubeObject, sent: DraftObject): DraftObject {
  const draft = toDraft(old)
  const { finalizers } = specOf(sent)
  if (finalizers === undefined) delete specOf(draft).finalizers
  else specOf(draft).finalizers = finalizers
  draft.metadata.resourceVersion = sent.metadata.resourceVersion
  return draft
}
