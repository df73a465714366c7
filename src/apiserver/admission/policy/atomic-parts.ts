import type { MergeType } from "../../../machinery/apply/merge-type.ts"
import { resolve } from "../../../machinery/apply/merge-type.ts"
import { sortedKeys } from "../../../machinery/json/key-order.ts"
import { isObject } from "../../../machinery/patch/structure.ts"

/**
 * Paths of lists, maps and objects in a configuration that can only be replaced as a whole: whoever names one field of
 * them would lose the others without meaning to.
 */
export function atomicParts(type: MergeType, value: unknown, path = ""): string[] {
  const known = resolve(type, value)
  if (isObject(value)) {
    if (known.type === "struct" || known.type === "map") {
      return sortedKeys(value).flatMap((name) => {
        const inner = known.type === "struct" ? known.member(name) : known.value
        return inner === undefined ? [] : atomicParts(inner, value[name], `${path}.${name}`)
      })
    }
    return known.type === "leaf" ? [path] : []
  }
  if (!Array.isArray(value)) return []
  if (known.type === "leaf") return [path]
  if (known.type !== "keyed") return []
  return value.flatMap((item: unknown, index) => atomicParts(known.item, item, `${path}[${index}]`))
}
