import { isObject, type JsonObject } from "../../machinery/patch/structure.ts"

/** Reading the configuration of admission plugins: what cannot be used is an `Error`, and nothing is passed over. */

export function requireKind(config: JsonObject, kind: string, versions: readonly string[], what = ""): void {
  if (config["kind"] === kind && versions.includes(String(config["apiVersion"]))) return
  const found = `no kind ${JSON.stringify(config["kind"])} is registered for version ${JSON.stringify(config["apiVersion"])}`
  throw new Error(`${what}${found}; expected ${kind} of ${versions[0]}`)
}

export function requireOnly(config: JsonObject, fields: readonly string[], what: string): void {
  const unknown = Object.keys(config).filter((field) => !fields.includes(field))
  if (unknown.length === 0) return
  throw new Error(`${what}: strict decoding error: ${unknown.map((field) => `unknown field "${field}"`).join(", ")}`)
}

/** Absent is empty. */
export function textIn(from: JsonObject, field: string): string {
  const value = from[field] ?? ""
  if (typeof value === "string") return value
  throw new Error(`${field}: expected a string, found ${JSON.stringify(value)}`)
}

/** Absent is empty. */
export function objectIn(from: JsonObject, field: string): JsonObject {
  const value = from[field] ?? {}
  if (isObject(value)) return value
  throw new Error(`${field}: expected an object, found ${JSON.stringify(value)}`)
}

/** Absent is empty. */
export function objectsIn(from: JsonObject, field: string): readonly JsonObject[] {
  const list = from[field] ?? []
  if (Array.isArray(list) && list.every(isObject)) return list
  throw new Error(`${field}: expected a list of objects, found ${JSON.stringify(list)}`)
}

/** Absent is empty. */
export function textsIn(from: JsonObject, field: string): readonly string[] {
  const list = from[field] ?? []
  if (Array.isArray(list) && list.every((value) => typeof value === "string")) return list
  throw new Error(`${field}: expected a list of strings, found ${JSON.stringify(list)}`)
}
