import type { ObjectMeta } from "../machinery/meta/object-meta.ts"
import { deepClone } from "../machinery/patch/structure.ts"
import type { Draft } from "../machinery/schema/schema.ts"

const KEPT = ["labels", "annotations", "finalizers", "ownerReferences"] as const

interface Described {
  readonly metadata: ObjectMeta
}

/** For kinds whose status subresource changes nothing but the status. */
export function keepMetadata({ metadata }: { metadata: Draft<ObjectMeta> }, old: Described): void {
  for (const member of KEPT) {
    if (old.metadata[member] === undefined) delete metadata[member]
    else Object.assign(metadata, { [member]: deepClone(old.metadata[member]) })
  }
}
