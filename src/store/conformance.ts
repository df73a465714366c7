import { describe } from "node:test"
import { compactionCases } from "./conformance/compaction.ts"
import { leaseCases } from "./conformance/leases.ts"
import { modelCases } from "./conformance/model.ts"
import { rangeCases } from "./conformance/ranges.ts"
import type { OpenStore } from "./conformance/subject.ts"
import { txnCases } from "./conformance/txns.ts"
import { watchCases } from "./conformance/watches.ts"

export type { OpenedStore, OpenStore } from "./conformance/subject.ts"

/**
 * What every store must do. `open` makes an empty store on the given platform; `reopen`, for stores that outlive
 * their process, closes it and opens what it left behind.
 */
export function storeConformance(name: string, open: OpenStore): void {
  describe(`${name} conforms to the store port`, () => {
    txnCases(open)
    rangeCases(open)
    watchCases(open)
    compactionCases(open)
    leaseCases(open)
    modelCases(open)
  })
}
