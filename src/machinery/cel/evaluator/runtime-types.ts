import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { CelType } from "../types.ts"
import { CelDuration, CelObject, CelOptional, CelTimestamp, CelUint, type CelValue } from "../value.ts"

export type Accepts = (value: CelValue) => boolean

/** Whether a value may be passed where a parameter of this type is, as far as values know their types. */
export function accepts(type: CelType): Accepts {
  const test = acceptsKind(type)
  return type.nullable ? (value) => value === null || test(value) : test
}

function acceptsKind(type: CelType): Accepts {
  switch (type.kind) {
    case "dyn":
    case "any":
    case "error":
    case "parameter":
      return () => true
    case "null":
      return (value) => value === null
    case "bool":
      return (value) => typeof value === "boolean"
    case "int":
      return (value) => typeof value === "bigint"
    case "uint":
      return (value) => value instanceof CelUint
    case "double":
      return (value) => typeof value === "number"
    case "string":
      return (value) => typeof value === "string"
    case "bytes":
      return (value) => value instanceof Uint8Array
    case "timestamp":
      return (value) => value instanceof CelTimestamp
    case "duration":
      return (value) => value instanceof CelDuration
    case "list":
      return (value) => value instanceof CelList
    case "map":
      return (value) => value instanceof CelMap
    case "type":
      return (value) => value instanceof CelType
    case "object":
      // JSON objects with a schema are maps.
      return (value) => value instanceof CelMap || (value instanceof CelObject && value.type.name === type.name)
    case "opaque":
      return (value) =>
        value instanceof CelOptional
          ? type.name === "optional_type"
          : value instanceof CelObject && value.type.name === type.name
  }
}
