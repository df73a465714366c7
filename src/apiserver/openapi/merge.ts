import { deepEqual, isObject, type JsonObject } from "../../machinery/patch/structure.ts"

/** Puts the OpenAPI documents (version 2) of several servers together. */

/** What a server adds. */
export interface SwaggerPart {
  readonly paths: JsonObject
  readonly definitions: JsonObject
  readonly parameters: JsonObject
}

const GVK = "x-kubernetes-group-version-kind"
const SECTIONS = ["definitions", "parameters"] as const
type Section = (typeof SECTIONS)[number]

/** The paths of a document that begin so, with the definitions they need, and those that nothing needed before. */
export function ownPart(document: unknown, prefix: string): SwaggerPart {
  const part = (name: string) => section(document, name)
  const all = Object.entries(part("paths"))
  const paths = record(all.filter(([path]) => path.startsWith(prefix)))
  const definitions = part("definitions")
  const needed = reachable([paths, part("parameters")], definitions)
  const before = reachable([record(all), part("parameters")], definitions)
  const kept = Object.entries(definitions).filter(([name]) => needed.has(name) || !before.has(name))
  return { paths, definitions: record(kept), parameters: part("parameters") }
}

/**
 * The document with the parts in it. Of paths the first is kept. Definitions that have a name in common but are not the
 * same get names of their own: `NAME_v2` and so on.
 */
export function mergeSwagger(document: JsonObject, parts: readonly SwaggerPart[]): JsonObject {
  const merged = {
    paths: record(Object.entries(section(document, "paths"))),
    definitions: record(Object.entries(section(document, "definitions"))),
    parameters: record(Object.entries(section(document, "parameters"))),
  }
  for (const part of parts) {
    const paths = Object.entries(part.paths).filter(([path]) => !Object.hasOwn(merged.paths, path))
    if (paths.length === 0) continue
    const renamed = renames(merged, part)
    for (const name of SECTIONS) addSection(merged[name], part[name], name, renamed)
    for (const [path, item] of paths) merged.paths[path] = withRenamed(item, renamed)
  }
  const { parameters, ...rest } = merged
  return { ...document, ...rest, ...(Object.keys(parameters).length > 0 && { parameters }) }
}

/** References, old → new: `#/definitions/a` → `#/definitions/a_v2`. */
type Renames = ReadonlyMap<string, string>

function renames(merged: Readonly<Record<Section, JsonObject>>, part: SwaggerPart): Renames {
  const found = new Map<string, string>()
  for (const name of SECTIONS) {
    const taken = merged[name]
    for (const [key, value] of Object.entries(part[name])) {
      const isFree = (one: string) => !Object.hasOwn(taken, one) || sameApartFromKinds(taken[one], value)
      if (isFree(key)) continue
      let number = 2
      while (!isFree(`${key}_v${number}`) || Object.hasOwn(part[name], `${key}_v${number}`)) number++
      found.set(`#/${name}/${key}`, `#/${name}/${key}_v${number}`)
    }
  }
  return found
}

function addSection(target: JsonObject, added: JsonObject, name: Section, renamed: Renames): void {
  for (const [key, value] of Object.entries(added)) {
    const finalName = renamed.get(`#/${name}/${key}`)?.slice(`#/${name}/`.length) ?? key
    const known = Object.hasOwn(target, finalName) ? target[finalName] : undefined
    target[finalName] = known === undefined ? withRenamed(value, renamed) : withKinds(known, value)
  }
}

/** A definition that several groups share says of which kinds it is. */
function withKinds(known: unknown, other: unknown): unknown {
  const [left, right] = [kindsOf(known), kindsOf(other)]
  const added = right.filter((kind) => !left.some((one) => deepEqual(one, kind)))
  return added.length === 0 || !isObject(known) ? known : { ...known, [GVK]: [...left, ...added] }
}

function kindsOf(definition: unknown): readonly unknown[] {
  const kinds = isObject(definition) ? definition[GVK] : undefined
  return Array.isArray(kinds) ? kinds : []
}

function sameApartFromKinds(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return deepEqual(left, right)
  return deepEqual({ ...left, [GVK]: undefined }, { ...right, [GVK]: undefined })
}

function withRenamed(value: unknown, renamed: Renames): unknown {
  if (renamed.size === 0 || typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map((one) => withRenamed(one, renamed))
  if (!isObject(value)) return value
  return record(
    Object.entries(value).map(([name, one]) => {
      const other = name === "$ref" && typeof one === "string" ? renamed.get(one) : undefined
      return [name, other ?? withRenamed(one, renamed)]
    }),
  )
}

const DEFINITIONS = "#/definitions/"

/** The definitions that values refer to, and those that these refer to. */
function reachable(values: readonly unknown[], definitions: JsonObject): ReadonlySet<string> {
  const found = new Set<string>()
  const open: unknown[] = [...values]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue
    if (Array.isArray(value)) {
      open.push(...(value as unknown[]).filter((one) => one !== undefined))
      continue
    }
    for (const [name, one] of Object.entries(value)) {
      const target =
        name === "$ref" && typeof one === "string" && one.startsWith(DEFINITIONS)
          ? one.slice(DEFINITIONS.length)
          : undefined
      if (target === undefined) open.push(one ?? null)
      else if (!found.has(target)) {
        found.add(target)
        if (Object.hasOwn(definitions, target)) open.push(definitions[target] ?? null)
      }
    }
  }
  return found
}

function section(document: unknown, name: string): JsonObject {
  const found = isObject(document) ? document[name] : undefined
  return isObject(found) ? found : {}
}

/** Names come from elsewhere: `__proto__` is one like any other. */
function record(entries: readonly (readonly [string, unknown])[]): JsonObject {
  const made = Object.create(null) as JsonObject
  for (const [name, value] of entries) made[name] = value
  return made
}
