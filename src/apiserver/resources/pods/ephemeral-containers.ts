import { isMirrorPod } from "../../../api/core/v1/mirror-pod.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import type { FieldError } from "../../../machinery/field/error.ts"
import * as field from "../../../machinery/field/error.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { invalid } from "../../../machinery/status/errors.ts"
import type { DraftObject } from "../draft.ts"
import { toDraft } from "../draft.ts"
import { groupKind, type Scope } from "../scope.ts"

/** The pod with the sent ephemeral containers and nothing else of what was sent: they can only be added. */
export function withEphemeralContainers(scope: Scope, old: Pod, sent: DraftObject): DraftObject {
  const pod = toDraft(old)
  const { spec } = pod as unknown as Draft<Pod>
  const { ephemeralContainers } = (sent as unknown as Draft<Pod>).spec
  if (ephemeralContainers === undefined) delete spec.ephemeralContainers
  else spec.ephemeralContainers = ephemeralContainers
  pod.metadata.resourceVersion = sent.metadata.resourceVersion
  const errors = changeErrors(old, spec)
  if (errors.length > 0) throw invalid(groupKind(scope.resource), scope.name, errors)
  return pod
}

function changeErrors(old: Pod, spec: Pick<Pod["spec"], "ephemeralContainers">): FieldError[] {
  if (isMirrorPod(old)) {
    return [field.forbidden("", "static pods do not support ephemeral containers")]
  }
  const now = new Map((spec.ephemeralContainers ?? []).map((container) => [container.name, container]))
  return (old.spec.ephemeralContainers ?? []).flatMap((before) => {
    const after = now.get(before.name)
    const which = `existing ephemeral containers ${JSON.stringify(before.name)}`
    if (after === undefined) return [field.forbidden("spec.ephemeralContainers", `${which} may not be removed\n`)]
    if (deepEqual(before, after)) return []
    return [field.forbidden("spec.ephemeralContainers", `${which} may not be changed\n`)]
  })
}
