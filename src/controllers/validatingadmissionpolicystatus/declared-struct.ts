import {
  type DeclaredType,
  declaredBool,
  declaredDouble,
  declaredDyn,
  declaredInt,
  declaredString,
  listType,
  mapType,
  NO_LIMIT,
  simpleType,
  structType,
} from "../../machinery/cel/kubernetes/declared-type.ts"
import { escapeName } from "../../machinery/cel/kubernetes/escape.ts"
import { bytesType, timestampType } from "../../machinery/cel/types.ts"
import type { AnyStruct, ScalarType, TypeSchema } from "../../machinery/schema/schema.ts"

const declaredBytes = simpleType(bytesType, '""'.length)
const declaredTime = simpleType(timestampType, '""'.length)

const SCALARS: { readonly [type in ScalarType]: DeclaredType } = {
  string: declaredString,
  bool: declaredBool,
  int32: declaredInt,
  int64: declaredInt,
  double: declaredDouble,
  bytes: declaredBytes,
  quantity: declaredDyn,
  intOrString: declaredDyn,
  time: declaredTime,
  microTime: declaredTime,
  duration: declaredString,
  rawExtension: declaredDyn,
  json: declaredDyn,
  fieldsV1: declaredDyn,
}

/** What expressions see of an object of a built-in kind. `name` is the name of the type. */
export function declareStruct(struct: AnyStruct, name: string, within: readonly AnyStruct[] = []): DeclaredType {
  // Such as a schema that holds schemas: there is no end to describing it.
  if (within.includes(struct)) return declaredDyn
  const fields = new Map<string, DeclaredType>()
  for (const [member, field] of struct.members) {
    const escaped = escapeName(member)
    if (escaped !== undefined) fields.set(escaped, declare(field.type(), `${name}.${member}`, [...within, struct]))
  }
  return structType(name, fields)
}

function declare(type: TypeSchema, name: string, within: readonly AnyStruct[]): DeclaredType {
  switch (type.type) {
    case "struct":
      return declareStruct(type, name, within)
    case "list":
      return listType(declare(type.item, `${name}.@idx`, within), NO_LIMIT)
    case "map":
      return mapType(declare(type.value, `${name}.@elem`, within), NO_LIMIT)
    case "either":
      return declaredDyn
    default:
      return SCALARS[type.type]
  }
}
