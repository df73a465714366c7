import type { FieldPath } from "../../../machinery/field/path.ts"
import { quote } from "../../../machinery/field/quote.ts"
import { parseQuantity, quantityMilliValue } from "../../../machinery/quantity/quantity.ts"
import type { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts"

/** What is accepted in a claim but is hardly meant, in Kubernetes' words. */
export function warnAboutClaim({ resources }: PersistentVolumeClaimSpec, path: FieldPath): readonly string[] {
  return (["requests", "limits"] as const).flatMap((side) => {
    const amount = resources[side]?.["storage"]
    if (amount === undefined || quantityMilliValue(parseQuantity(amount)) % 1000 === 0) return []
    const at = path.child("resources").child(side).key("storage")
    return [`${at}: fractional byte value ${quote(amount)} is invalid, must be an integer`]
  })
}
