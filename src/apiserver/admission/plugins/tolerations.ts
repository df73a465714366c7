import type { Toleration } from "../../../api/core/v1/toleration.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"

type TolerationDraft = Draft<Toleration>

/** Both lists without those that another one covers. */
export function mergeTolerations(
  first: readonly TolerationDraft[],
  second: readonly TolerationDraft[],
): TolerationDraft[] {
  const all = [...first, ...second]
  const merged: TolerationDraft[] = []
  for (const [index, one] of all.entries()) {
    if (merged.some((kept) => covers(kept, one))) continue
    // Of equal ones the first is kept.
    if (all.slice(index + 1).some((later) => !deepEqual(one, later) && covers(later, one))) continue
    merged.push({ ...one })
  }
  return merged
}

/** Whether everything that `narrow` tolerates is tolerated by `wide`. */
export function covers(wide: TolerationDraft, narrow: TolerationDraft): boolean {
  if (deepEqual(wide, narrow)) return true
  if ((wide.key ?? "") !== (narrow.key ?? "") && (wide.key || wide.operator !== "Exists")) return false
  if (wide.effect && wide.effect !== narrow.effect) return false
  if (wide.effect === "NoExecute" && wide.tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false
  }
  if (wide.operator === "Exists") return true
  const isEqual = !narrow.operator || narrow.operator === "Equal"
  return (!wide.operator || wide.operator === "Equal") && isEqual && (wide.value ?? "") === (narrow.value ?? "")
}
