import { broken, type Invariant } from "../invariant.ts"
import { nameOf } from "./pods.ts"

/** What is owned goes when its owners are gone, and what is being deleted does go. */
export function owners(): Invariant {
  return {
    name: "owners",
    atRest({ record }) {
      const uids = new Set<string>()
      for (const [, { metadata }] of record.everything()) uids.add(metadata.uid)
      for (const [resource, object] of record.everything()) {
        const { deletionTimestamp, ownerReferences = [] } = object.metadata
        if (ownerReferences.length === 0 || deletionTimestamp !== undefined) continue
        if (ownerReferences.some(({ uid }) => uids.has(uid))) continue
        const owner = ownerReferences.map(({ kind, name }) => `${kind} ${name}`).join(", ")
        throw broken(`${resource} ${nameOf(object)} is left, but ${owner} is gone`)
      }
    },
    atEnd({ record }) {
      for (const [resource, object] of record.everything()) {
        const { deletionTimestamp, finalizers = [] } = object.metadata
        if (deletionTimestamp === undefined) continue
        throw broken(`${resource} ${nameOf(object)} is still being deleted, with finalizers [${finalizers.join(", ")}]`)
      }
    },
  }
}
