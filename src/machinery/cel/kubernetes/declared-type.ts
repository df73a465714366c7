import type { CostNode, SizeEstimate } from "../cost/estimate.ts"
import type { TypeProvider } from "../declarations.ts"
import {
  boolType,
  type CelType,
  doubleType,
  dynType,
  intType,
  listOf,
  mapOf,
  objectType,
  stringType,
} from "../types.ts"

/**
 * The type of a value as a schema declares it, with what the schema tells about its size. Cost estimates rest on it:
 * how long a text or list may be, and how small it may be and so how many of them fit into a request.
 */
export interface DeclaredType {
  readonly type: CelType
  /** Characters of a text, bytes, elements of a list, entries of a map; 0 for what has no size. */
  readonly sizeMax: number
  /** The least bytes of JSON that a value takes. */
  readonly bytesMin: number
  /** Of lists and maps. */
  readonly element?: DeclaredType
  /** Of objects, by the name that expressions use. */
  readonly fields?: ReadonlyMap<string, DeclaredType>
}

/** A type without parts. `bytesMin` counts the quotation marks. */
export function simpleType(type: CelType, bytesMin: number, sizeMax = 0): DeclaredType {
  return { type, sizeMax, bytesMin }
}

export const declaredBool = simpleType(boolType, "true".length)
export const declaredInt = simpleType(intType, "0".length)
export const declaredDouble = simpleType(doubleType, "0".length)
export const declaredString = simpleType(stringType, '""'.length)
export const declaredDyn = simpleType(dynType, 1)

/** Of types that stand for no schema, where no limit is known; counted as unlimited. */
export const NO_LIMIT = 2 ** 64

export function listType(element: DeclaredType, sizeMax: number): DeclaredType {
  return { type: listOf(element.type), sizeMax, bytesMin: "[]".length, element }
}

/** From text to values. */
export function mapType(element: DeclaredType, sizeMax: number): DeclaredType {
  return { type: mapOf(stringType, element.type), sizeMax, bytesMin: "{}".length, element }
}

export function structType(
  name: string,
  fields: ReadonlyMap<string, DeclaredType>,
  bytesMin = "{}".length,
): DeclaredType {
  return { type: objectType(name), sizeMax: 0, bytesMin, fields }
}

/** Lets expressions reach into the objects in these types. */
export function typeProviderOf(...roots: readonly DeclaredType[]): TypeProvider {
  const objects = new Map<string, DeclaredType>()
  for (const root of roots) collectObjects(root, objects)
  return {
    findType: (name) => objects.get(name)?.type,
    findField: (typeName, field) => objects.get(typeName)?.fields?.get(field),
  }
}

function collectObjects(declared: DeclaredType, into: Map<string, DeclaredType>): void {
  if (declared.element !== undefined) collectObjects(declared.element, into)
  if (declared.fields === undefined || into.has(declared.type.name)) return
  into.set(declared.type.name, declared)
  for (const field of declared.fields.values()) collectObjects(field, into)
}

/** The size of what a path leads to, from the variable that has this type; undefined when the type does not tell. */
export function sizeAlong(root: DeclaredType, node: CostNode): SizeEstimate | undefined {
  if (node.path === undefined || node.path.length === 0) return undefined
  let at: DeclaredType | undefined = root
  for (const step of node.path.slice(1)) {
    if (step === "@items" || step === "@values") at = at?.element
    // Keys have no limit of their own in schemas; Kubernetes counts none.
    else if (step === "@keys") at = at?.element === undefined ? undefined : declaredString
    else at = at?.fields?.get(step)
  }
  return at === undefined ? undefined : { min: 0, max: at.sizeMax }
}
