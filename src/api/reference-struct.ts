import type { AnyStruct, FieldSchema, ScalarType, TypeSchema } from "../machinery/schema/schema.ts"

/**
 * For tests: structs of kinds that are not served, such as old versions, made from the reference's table of protobuf
 * fields and an object that has every field set. They show that the codecs can read and write what Kubernetes can.
 */

export interface Facts {
  /** By message name: number, name and type of each field. */
  readonly messages: { readonly [message: string]: readonly (readonly [number, string, string])[] }
  /** By definition name: what is described already. */
  readonly described: ReadonlyMap<string, AnyStruct>
}

const SCALARS: ReadonlyMap<string, ScalarType> = new Map([
  ["string", "string"],
  ["bool", "bool"],
  ["int32", "int32"],
  ["int64", "int64"],
  ["double", "double"],
  ["bytes", "bytes"],
  ["k8s.io.apimachinery.pkg.api.resource.Quantity", "quantity"],
  ["k8s.io.apimachinery.pkg.util.intstr.IntOrString", "intOrString"],
  ["k8s.io.apimachinery.pkg.apis.meta.v1.Time", "time"],
  ["k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime", "microTime"],
  ["k8s.io.apimachinery.pkg.apis.meta.v1.Duration", "duration"],
  ["k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1", "fieldsV1"],
  ["k8s.io.apimachinery.pkg.runtime.RawExtension", "rawExtension"],
])

type Json = { readonly [member: string]: unknown }
const shared = { doc: "", required: false, nonEmpty: false, immutable: false } as const

/** The struct of a message, with its members in the order of the sample. */
export function structFromFacts(facts: Facts, message: string, sample: Json): AnyStruct {
  const known = new Map<string, FieldSchema>()
  const fields = (facts.messages[message] ?? []).map(([number, wireName, typeName]): FieldSchema => {
    // A few names differ in capitals. What is not in the JSON is an embedded struct, whose members stand there instead.
    const found = Object.keys(sample).find((member) => member.toLowerCase() === wireName.toLowerCase())
    const name = found ?? wireName
    const inline = found === undefined
    const type = typeFromFacts(facts, { message, typeName }, inline ? sample : sample[name])
    const field: FieldSchema = { ...shared, name, number, type: () => type, inline, presence: "pointer" }
    if (!inline) known.set(name, field)
    else if (type.type === "struct") for (const [member, inner] of type.members) known.set(member, inner)
    return field
  })
  const ordered = Object.keys(sample).flatMap((name): [string, FieldSchema][] => {
    const field = known.get(name)
    return field === undefined ? [] : [[name, field]]
  })
  return { type: "struct", name: message, doc: "", fields, members: new Map(ordered) }
}

function typeFromFacts(
  facts: Facts,
  { message, typeName }: { readonly message: string; readonly typeName: string },
  sample: unknown,
): TypeSchema {
  const scalar = SCALARS.get(typeName)
  if (scalar !== undefined) return { type: scalar }
  if (typeName.startsWith("repeated ")) {
    const item = { message, typeName: typeName.slice("repeated ".length) }
    return { type: "list", item: typeFromFacts(facts, item, (sample as readonly unknown[])[0]) }
  }
  if (typeName.startsWith("map<")) {
    const value = { message, typeName: typeName.slice("map<string, ".length, -1).replace(/^\./, "") }
    return { type: "map", value: typeFromFacts(facts, value, Object.values(sample as Json)[0]) }
  }
  // The values of maps are named without their package.
  const full = typeName.includes(".") ? typeName : `${message.slice(0, message.lastIndexOf("."))}.${typeName}`
  // A message that only wraps a list is that list in JSON.
  if (Array.isArray(sample)) return { type: "list", item: { type: "string" } }
  const definition = full.replace("k8s.io.", "io.k8s.")
  return facts.described.get(definition) ?? structFromFacts(facts, full, sample as Json)
}

/** The struct of a whole object, whose kind and apiVersion stand in the envelope. */
export function withTypeMeta(struct: AnyStruct): AnyStruct {
  if (struct.members.has("kind")) return struct
  const text = (name: string): [string, FieldSchema] => [
    name,
    { ...shared, name, number: 0, type: () => ({ type: "string" }), inline: false, presence: "value" },
  ]
  return { ...struct, members: new Map([text("kind"), text("apiVersion"), ...struct.members]) }
}
