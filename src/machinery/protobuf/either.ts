import type { AnyStruct, EitherSchema, FieldSchema } from "../schema/schema.ts"

/** A value of two forms stands on the wire as a message that has one field for each. */
export interface Forms {
  object?: unknown
  other?: unknown
}

export function structOfForms({ name, object, other }: EitherSchema): AnyStruct {
  const shared = { doc: "", inline: false, required: false, nonEmpty: false, immutable: false } as const
  const forms: readonly FieldSchema[] = [
    { ...shared, name: "object", ...object, presence: "pointer" },
    { ...shared, name: "other", ...other, presence: "value" },
  ]
  return { type: "struct", name, doc: "", fields: forms, members: new Map(forms.map((form) => [form.name, form])) }
}

export function toForms(type: EitherSchema, value: unknown): Forms {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { other: value }
  // A schema is more than the leave to have anything, so it includes that.
  return type.other.type().type === "bool" ? { object: value, other: true } : { object: value }
}

export function fromForms(type: EitherSchema, { object, other }: Forms): unknown {
  return object ?? other ?? (type.other.type().type === "bool" ? false : null)
}
