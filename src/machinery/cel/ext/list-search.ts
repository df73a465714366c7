import { isError } from "../error.ts"
import type { CelList } from "../list.ts"
import type { CelResult, CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"

/** Whether an element of the list equals the value; an error only when none does and one could not be read. */
export function listContains(list: CelList, value: CelValue): CelResult {
  let failed: CelResult = false
  for (const element of list) {
    if (isError(element)) failed = isError(failed) ? failed : element
    else if (valuesEqual(element, value)) return true
  }
  return failed
}
