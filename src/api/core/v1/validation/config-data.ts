import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { configKey } from "../../../../machinery/names/identifiers.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { allOf, type Errors, NONE } from "./rules.ts"

/** Rules of config maps and secrets. */

/** All values of one object together. */
const BYTES_MAX = 1024 * 1024
const DATA = FieldPath.root("data")
type Entries = Readonly<Record<string, string>>

interface ConfigData {
  readonly immutable?: boolean
  readonly data?: Entries
  readonly binaryData?: Entries
}

/** The length of the bytes that base64 text stands for. */
const base64Bytes = (text: string) => Math.floor((text.replace(/=+$/, "").length * 3) / 4)

export function validateConfigMap({ data = {}, binaryData = {} }: ConfigData): Errors {
  const binary = FieldPath.root("binaryData")
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...allOf(configKey(key), key, DATA.key(key)))
    if (Object.hasOwn(binaryData, key)) {
      errors.push(field.invalid(DATA.key(key), key, "duplicate of key present in binaryData"))
    }
    bytes += byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...allOf(configKey(key), key, binary.key(key)))
    bytes += base64Bytes(value)
  }
  // The object as a whole: Kubernetes gives the empty path.
  return bytes > BYTES_MAX ? [...errors, field.tooLong("[]", BYTES_MAX)] : errors
}

/** What is marked immutable keeps its data and its mark. */
export function validateImmutability(now: ConfigData, old: ConfigData): Errors {
  if (old.immutable !== true) return NONE
  const refuse = (member: string) =>
    field.forbidden(FieldPath.root(member), "field is immutable when `immutable` is set")
  return [
    ...(now.immutable === true ? NONE : [refuse("immutable")]),
    ...(deepEqual(now.data ?? {}, old.data ?? {}) ? NONE : [refuse("data")]),
    ...(deepEqual(now.binaryData ?? {}, old.binaryData ?? {}) ? NONE : [refuse("binaryData")]),
  ]
}

interface SecretObject extends ConfigData {
  readonly metadata: ObjectMeta
  readonly type: string
}

export function validateSecret(secret: SecretObject): Errors {
  const { data = {} } = secret
  const keys = Object.keys(data).flatMap((key) => allOf(configKey(key), key, DATA.key(key)))
  const bytes = Object.values(data).reduce((sum, value) => sum + base64Bytes(value), 0)
  return [...keys, ...(bytes > BYTES_MAX ? [field.tooLong(DATA, BYTES_MAX)] : NONE), ...validateType(secret)]
}

const ACCOUNT = "kubernetes.io/service-account.name"

function validateType({ metadata, type, data = {} }: SecretObject): Errors {
  const missing = (...keys: readonly string[]) =>
    keys.filter((key) => data[key] === undefined).map((key) => field.required(DATA.key(key)))
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (metadata.annotations?.[ACCOUNT]) return NONE
      return [field.required(FieldPath.root("metadata", "annotations").key(ACCOUNT))]
    case "kubernetes.io/dockercfg":
      return dockerConfig(".dockercfg", data)
    case "kubernetes.io/dockerconfigjson":
      return dockerConfig(".dockerconfigjson", data)
    case "kubernetes.io/basic-auth": {
      const absent = missing("username", "password")
      return absent.length === 2 ? absent : NONE
    }
    case "kubernetes.io/ssh-auth":
      return data["ssh-privatekey"] ? NONE : [field.required(DATA.key("ssh-privatekey"))]
    case "kubernetes.io/tls":
      return missing("tls.crt", "tls.key")
    default:
      return NONE
  }
}

function dockerConfig(key: string, data: Entries): Errors {
  const encoded = data[key]
  if (encoded === undefined) return [field.required(DATA.key(key))]
  const problem = objectProblem(Buffer.from(encoded, "base64").toString("utf8"))
  return problem === undefined ? NONE : [field.invalid(DATA.key(key), "<secret contents redacted>", problem)]
}

function objectProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && !Array.isArray(value)) return undefined
    const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`
  } catch {
    if (text === "") return "unexpected end of JSON input"
    return `invalid character '${text.trimStart()[0] ?? ""}' looking for beginning of value`
  }
}

export function validateSecretUpdate(now: SecretObject, old: SecretObject): Errors {
  const retyped = now.type === old.type ? NONE : [field.invalid(FieldPath.root("type"), now.type, "field is immutable")]
  return [...retyped, ...validateImmutability(now, old)]
}
