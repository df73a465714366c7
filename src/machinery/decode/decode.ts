import { quote } from "../field/quote.ts"
import type { ParsedJson } from "../json/parse.ts"
import type { AnyStruct, Draft, TypeOf } from "../schema/schema.ts"
import { type DecodeNotes, decoderOf } from "./decoder.ts"
import { diagnose } from "./diagnose.ts"
import { Mismatch } from "./scalars.ts"

/** A value does not fit its schema. The message is the one of Kubernetes' decoder. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "DecodeError"
  }
}

/** What to do about unknown and repeated fields: refuse the object, report them, or drop them in silence. */
export type FieldValidation = "Strict" | "Warn" | "Ignore"

export interface Decoded<T> {
  /** In its in-memory form; shares nothing with the input but free-form JSON. Not yet defaulted. */
  readonly object: Draft<T>
  /** With `Warn`: `unknown field "spec.foo"`, `duplicate field "spec.bar"`. */
  readonly warnings: readonly string[]
}

/**
 * Brings parsed JSON to the in-memory form of a struct. Throws `DecodeError` when a value has the wrong type, and with
 * `Strict` when a field is unknown or repeated.
 */
export function decode<S extends AnyStruct>(
  struct: S,
  parsed: ParsedJson,
  fieldValidation: FieldValidation = "Ignore",
): Decoded<TypeOf<S>> {
  const notes: DecodeNotes = { unknown: false }
  const object = decodeNoting(struct, parsed.value, notes)
  const isClean = fieldValidation === "Ignore" || (!notes.unknown && parsed.duplicates.length === 0)
  if (isClean) return { object: object as Draft<TypeOf<S>>, warnings: [] }
  const problems = strictProblems(struct, parsed, notes.unknown)
  const warnings = [...problems.lines, ...problems.fields]
  if (fieldValidation === "Strict" && warnings.length > 0) throw new DecodeError(strictMessage(problems))
  return { object: object as Draft<TypeOf<S>>, warnings }
}

/** `decode` for values that were decoded before or come from our own code: unknown fields are dropped. */
export function decodeValue<S extends AnyStruct>(struct: S, value: unknown): Draft<TypeOf<S>> {
  return decodeNoting(struct, value, { unknown: false }) as Draft<TypeOf<S>>
}

function decodeNoting(struct: AnyStruct, value: unknown, notes: DecodeNotes): unknown {
  try {
    return decoderOf(struct).decode(value, notes)
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    throw new DecodeError(diagnose(struct, value).mismatch ?? "the value does not fit its schema")
  }
}

interface StrictProblems {
  /** Lines of YAML with a key that stands there already. Its parser finds them first, and names the line. */
  readonly lines: readonly string[]
  readonly fields: readonly string[]
}

function strictProblems(struct: AnyStruct, parsed: ParsedJson, unknown: boolean): StrictProblems {
  const unknownFields = unknown ? diagnose(struct, parsed.value).unknown : []
  const isLine = (path: string) => path.startsWith("line ")
  const repeated = parsed.duplicates.filter((path) => !isLine(path))
  const fields = [
    ...unknownFields.map((path) => ({ path, line: `unknown field ${quote(path)}` })),
    ...repeated.map((path) => ({ path, line: `duplicate field ${quote(path)}` })),
  ]
  return {
    lines: parsed.duplicates.filter(isLine),
    fields: inOrder(struct, fields, parsed.value).map(({ line }) => line),
  }
}

/** As Kubernetes meets them: by the member of the object they are in. Custom resources are parsed before they are checked. */
function inOrder<P extends { readonly path: string }>(struct: AnyStruct, problems: P[], value: unknown): readonly P[] {
  if (struct.form !== undefined || problems.length < 2) return problems
  const members = Object.keys(value as object)
  const place = ({ path }: P) => members.indexOf(path.split(/[.[]/, 1)[0] ?? "")
  return problems.toSorted((a, b) => place(a) - place(b))
}

/** As one error: what the YAML parser found is one problem of several lines. */
function strictMessage({ lines, fields }: StrictProblems): string {
  const yaml = lines.length === 0 ? [] : [["yaml: unmarshal errors:", ...lines].join("\n  ")]
  return `strict decoding error: ${[...yaml, ...fields].join(", ")}`
}
