import type { AnyStruct, TypeSchema } from "./schema.ts"

/** The struct that a type holds, be it in lists or maps; undefined when it holds scalars. */
export function structInside(type: TypeSchema): AnyStruct | undefined {
  switch (type.type) {
    case "struct":
      return type
    case "list":
      return structInside(type.item)
    case "map":
      return structInside(type.value)
    default:
      return undefined
  }
}
