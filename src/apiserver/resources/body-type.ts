import { builtinResources, subresourceKinds } from "../../api/all.ts"
import { DecodeError } from "../../machinery/decode/decode.ts"
import { quote } from "../../machinery/field/quote.ts"
import { jsonKind } from "../../machinery/json/json-kind.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { badRequest } from "../../machinery/status/errors.ts"

/** What a body says it is, and what Kubernetes says when that does not fit: errors of its decoder, word for word. */

export interface FoundType {
  apiVersion: string
  kind: string
}

/** What a body is taken for unless it says something else. Custom resources have to say it. */
export function typeOf({ apiVersion, kind, struct }: AnyResource): FoundType {
  return struct.form === undefined ? { apiVersion, kind } : { apiVersion: "", kind: "" }
}

/** The value is of a form in which no type can be looked for. */
export class InterpretError extends DecodeError {}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** The type that a value names; empty where it does not. Throws `InterpretError`. */
export function interpret(value: unknown): FoundType {
  if (value === null || value === undefined) return { apiVersion: "", kind: "" }
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new InterpretError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${TYPE_META}`)
  }
  const { apiVersion, kind } = value as { readonly apiVersion?: unknown; readonly kind?: unknown }
  return { apiVersion: text(apiVersion, "apiVersion"), kind: text(kind, "kind") }
}

function text(value: unknown, member: string): string {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return value
  throw new InterpretError(`json: cannot unmarshal ${jsonKind(value)} into Go struct field .${member} of type string`)
}

/** Notes what the value says it is, for messages. Throws `InterpretError`. */
export function readType(value: unknown, resource: AnyResource, found: FoundType): FoundType {
  // In custom resources, everything is read before the type is looked at.
  if (resource.struct.form !== undefined && (typeof value !== "object" || value === null)) return found
  const unread = { ...found }
  found.kind = ""
  const { apiVersion, kind } = interpret(value)
  found.apiVersion = apiVersion === "" ? unread.apiVersion : apiVersion
  found.kind = kind === "" ? unread.kind : kind
  return found
}

/** `ConfigMap in version "v1" cannot be handled as a Pod: …`, or that nobody knows what it is. */
export function failure({ apiVersion, kind }: FoundType, resource: AnyResource, problem: string, body: string): string {
  if (kind === "") return `the object provided is unrecognized (must be of type ${resource.kind}): ${problem} (${body})`
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1)
  return `${kind} in version ${quote(version)} cannot be handled as a ${resource.kind}: ${problem}`
}

/** Throws `DecodeError`, or a 400, when a body is of another type than what the request is about. */
export function checkType(resource: AnyResource, { apiVersion, kind }: FoundType): void {
  if (
    (kind === "" && apiVersion === "") ||
    (kind === resource.kind && (apiVersion === resource.apiVersion || apiVersion === ""))
  )
    return
  const isBuiltIn = resource.struct.form === undefined
  const isKnown = registered().has(`${apiVersion} ${kind}`)
  if (isBuiltIn && !isKnown) {
    throw new DecodeError(`no kind ${quote(kind)} is registered for version ${quote(apiVersion)} in scheme ${SCHEME}`)
  }
  // Two versions of one kind can be converted, and are then found to differ.
  if (isBuiltIn ? kind === resource.kind : apiVersion !== "" && apiVersion !== resource.apiVersion) {
    const expected = `does not match the expected API version (${resource.apiVersion})`
    throw badRequest(`the API version in the data (${apiVersion}) ${expected}`)
  }
  if (!isBuiltIn) throw new DecodeError(`found kind ${kind}, expected ${resource.kind}`)
  const from = `(${apiVersion.slice(apiVersion.indexOf("/") + 1)}.${kind})`
  const to = `(${resource.group.split(".", 1)[0] || "core"}.${resource.kind})`
  throw new DecodeError(`converting ${from} to ${to}: unknown conversion`)
}

/** Where Kubernetes registers its kinds. */
const SCHEME = '"pkg/api/legacyscheme/scheme.go:30"'

let names: ReadonlySet<string> | undefined
function registered(): ReadonlySet<string> {
  return (names ??= new Set(
    [...builtinResources, ...subresourceKinds].map(({ apiVersion, kind }) => `${apiVersion} ${kind}`),
  ))
}

const SHOWN_BYTES_MAX = 30

/** The beginning of a body that could not be read. */
export function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>"
  const start = Buffer.from(bytes.subarray(0, SHOWN_BYTES_MAX))
  return `${start.toString(bytes[0] === 0x7b ? "utf8" : "hex")}${bytes.length > SHOWN_BYTES_MAX ? " ..." : ""}`
}
