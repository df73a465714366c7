import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import {
  boolType,
  bytesType,
  CelType,
  doubleType,
  intType,
  listType,
  mapType,
  nullType,
  stringType,
  typeType,
} from "../types.ts"
import type { CelValue } from "../value.ts"

/** What `type(value)` gives. */
export function typeOf(value: CelValue): CelType {
  switch (typeof value) {
    case "boolean":
      return boolType
    case "bigint":
      return intType
    case "number":
      return doubleType
    case "string":
      return stringType
  }
  if (value === null) return nullType
  if (value instanceof CelList) return listType
  if (value instanceof CelMap) return mapType
  if (value instanceof Uint8Array) return bytesType
  if (value instanceof CelType) return typeType
  return value.type
}
