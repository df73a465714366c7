import { quote } from "../field/quote.ts"
import { jsonKind } from "../json/json-kind.ts"
import { DEPTH_MAX, parseJson } from "../json/parse.ts"
import { deepClone, deepEqual, emptyLike, isObject, type JsonObject, setMember } from "./structure.ts"

/** One operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test"
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

/** The operations cannot be applied to this document. The messages are those of Kubernetes. */
export class PatchError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "PatchError"
  }
}

/** A test operation found something else than it expected. */
export class PatchTestError extends PatchError {}

const MISSING = "missing value"
const INVALID_INDEX = "invalid index referenced"

/** Operations a request may hold, as Kubernetes limits them. */
export const OPERATIONS_MAX = 10_000

/** Bytes of JSON that copies of one patch may add up to: a few lines must not fill the memory. */
const COPIED_BYTES_MAX = 3 * 1024 * 1024

/** Applies all operations in order, or throws `PatchError` and has no effect. `document` is not changed. */
export function applyJsonPatch(document: unknown, operations: readonly PatchOperation[]): unknown {
  return new Patching(deepClone(document)).run(operations)
}

/** Reads a patch. Throws `PatchError` when the value is none. */
export function readJsonPatch(value: unknown): readonly PatchOperation[] {
  if (!Array.isArray(value)) {
    throw new PatchError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type []handlers.jsonPatchOp`)
  }
  return value.map((one: unknown) => {
    if (!isObject(one)) {
      throw new PatchError(`json: cannot unmarshal ${jsonKind(one)} into Go value of type handlers.jsonPatchOp`)
    }
    return one as unknown as PatchOperation
  })
}

/** Parses and checks the body of a JSON patch request. */
export function parseJsonPatch(body: string | Uint8Array): readonly PatchOperation[] {
  return readJsonPatch(parseJson(body).value)
}

/** Where a pointer leads: the container that exists, and the last part. */
interface Place {
  readonly container: unknown
  readonly key: string
}

class Patching {
  // The document stands inside a holder, so that the empty pointer is no special case.
  readonly #holder: JsonObject
  /** Moving costs the same whatever is moved, so how deep it came to be is only looked at in the end. */
  readonly #moved = new Set<unknown>()
  #copiedBytes = 0

  constructor(document: unknown) {
    this.#holder = { document }
  }

  run(operations: readonly PatchOperation[]): unknown {
    for (const operation of operations) this.#apply(operation)
    const { document } = this.#holder
    if (this.#moved.size > 0 && !this.#areMovedWithin(document, DEPTH_MAX, false)) throw tooDeep()
    return document
  }

  #areMovedWithin(value: unknown, levels: number, isMoved: boolean): boolean {
    if (typeof value !== "object" || value === null) return true
    const counts = isMoved || this.#moved.has(value)
    if (counts && levels <= 0) return false
    return Object.values(value).every((child) => this.#areMovedWithin(child, levels - 1, counts))
  }

  #apply(operation: PatchOperation): void {
    const path = pointerOf(operation.path, "operation missing path field")
    switch (operation.op) {
      case "add": {
        const value = deepClone(valueOf(operation))
        needRoom(path, value)
        return this.#add(path, value, "add operation does not apply: doc is missing path: ", quote(path))
      }
      case "remove":
        return this.#remove(path, "remove")
      case "replace":
        return this.#replace(path, deepClone(valueOf(operation)))
      case "test":
        return this.#test(path, operation.value)
      case "move":
      case "copy":
        return this.#transfer(operation.op, pointerOf(operation.from, "operation, missing from field"), path)
      default:
        throw new PatchError(`Unexpected kind: ${String(operation.op)}`)
    }
  }

  #add(path: string, value: unknown, missing: string, shownPath: string): void {
    const place = this.#find(path)
    if (place === undefined) throw new PatchError(`${missing}${shownPath}: ${MISSING}`)
    const { container, key } = place
    if (Array.isArray(container)) {
      const index =
        key === "-" ? container.length : arrayIndex(key, container.length, `error in add for path: '${path}'`)
      container.splice(index, 0, value)
    } else setMember(container as JsonObject, key, value)
  }

  #remove(path: string, operation: "remove" | "move"): void {
    const place = this.#find(path)
    if (place === undefined) {
      throw new PatchError(`remove operation does not apply: doc is missing path: ${quote(path)}: ${MISSING}`)
    }
    const { container, key } = place
    if (Array.isArray(container)) {
      container.splice(arrayIndex(key, container.length - 1, `error in ${operation} for path: '${path}'`), 1)
    } else if (Object.hasOwn(container as JsonObject, key)) delete (container as JsonObject)[key]
    else {
      throw new PatchError(
        `error in ${operation} for path: '${path}': Unable to remove nonexistent key: ${key}: ${MISSING}`,
      )
    }
  }

  #replace(path: string, value: unknown): void {
    needRoom(path, value)
    const place = this.#find(path)
    if (place === undefined)
      throw new PatchError(`replace operation does not apply: doc is missing path: ${path}: ${MISSING}`)
    const { container, key } = place
    // A member that is missing is added: Kubernetes' library is that lenient with objects.
    if (Array.isArray(container) && !hasChild(container, key))
      throw new PatchError(`replace operation does not apply: doc is missing key: ${path}: ${MISSING}`)
    if (Array.isArray(container))
      container[arrayIndex(key, container.length - 1, `error in replace for path: '${path}'`)] = value
    else setMember(container as JsonObject, key, value)
  }

  #test(path: string, expected: unknown): void {
    const place = this.#find(path)
    if (place === undefined) throw new PatchError(`test operation does not apply: is missing path: ${path}: ${MISSING}`)
    const actual = childOf(place.container, place.key)
    // An absent member and null are the same to a test, as in Kubernetes.
    if (!deepEqual(actual ?? null, expected ?? null))
      throw new PatchTestError(`testing value ${path} failed: test failed`)
  }

  #transfer(operation: "move" | "copy", from: string, path: string): void {
    const place = this.#find(from)
    if (place === undefined || (Array.isArray(place.container) && !hasChild(place.container, place.key))) {
      throw new PatchError(`${operation} operation does not apply: doc is missing from path: ${from}: ${MISSING}`)
    }
    // What is missing is copied as null, and cannot be moved.
    const value = childOf(place.container, place.key) ?? null
    if (operation === "move") {
      if (path.startsWith(`${from}/`)) throw new PatchError(`move operation does not apply: ${path} is inside ${from}`)
      this.#remove(from, "move")
      this.#moved.add(value)
    } else {
      needRoom(path, value)
      this.#copiedBytes += (JSON.stringify(value) ?? "").length
      if (this.#copiedBytes > COPIED_BYTES_MAX) {
        throw new PatchError(
          `Unable to complete the copy, the accumulated size increase of copy is ${this.#copiedBytes}, exceeding the limit ${COPIED_BYTES_MAX}`,
        )
      }
    }
    const missing = `${operation} operation does not apply: doc is missing destination path: `
    this.#add(path, operation === "copy" ? deepClone(value) : value, missing, path)
  }

  #find(pointer: string): Place | undefined {
    const parts = pointer === "" ? ["document"] : `document${pointer}`.split("/").map(unescapePart)
    let container: unknown = this.#holder
    for (const part of parts.slice(0, -1)) container = hasChild(container, part) ? childOf(container, part) : undefined
    if (typeof container !== "object" || container === null) return undefined
    return { container, key: parts.at(-1) ?? "" }
  }
}

/** A few operations could put a document together that is nested deeper than one that is read may be. */
function needRoom(path: string, value: unknown): void {
  const levels = DEPTH_MAX - (path.split("/").length - 1)
  if (!isWithin(value, levels)) throw tooDeep()
}

const tooDeep = (): PatchError =>
  new PatchError(`exceeded max depth: JSON is nested more than ${DEPTH_MAX} levels deep`)

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true
  return levels > 0 && Object.values(value).every((child) => isWithin(child, levels - 1))
}

function pointerOf(pointer: unknown, absent: string): string {
  if (typeof pointer !== "string") throw new PatchError(`${absent}: ${MISSING}`)
  if (pointer !== "" && !pointer.startsWith("/")) {
    throw new PatchError(`operation does not apply: path ${quote(pointer)} must be empty or begin with "/"`)
  }
  return pointer
}

function valueOf(operation: PatchOperation): unknown {
  if (!Object.hasOwn(operation, "value")) throw new PatchError(`operation, missing value field: ${MISSING}`)
  return operation.value
}

const unescapePart = (part: string) => part.replace(/~1/g, "/").replace(/~0/g, "~")

function hasChild(container: unknown, key: string): boolean {
  if (Array.isArray(container)) return /^(?:0|[1-9][0-9]*)$/.test(key) && Number(key) < container.length
  return isObject(container) && Object.hasOwn(container, key)
}

function childOf(container: unknown, key: string): unknown {
  if (Array.isArray(container)) return container[Number(key)]
  return isObject(container) && Object.hasOwn(container, key) ? container[key] : undefined
}

function arrayIndex(key: string, max: number, where: string): number {
  if (!/^-?[0-9]+$/.test(key)) {
    throw new PatchError(
      `${where}: value was not a proper array index: '${key}': strconv.Atoi: parsing ${quote(key)}: invalid syntax`,
    )
  }
  const index = Number(key)
  if (index < 0 || index > max)
    throw new PatchError(`${where}: Unable to access invalid index: ${index}: ${INVALID_INDEX}`)
  return index
}

/** A patch that turns `from` into `to`, member by member; lists are replaced as a whole. */
export function createJsonPatch(from: unknown, to: unknown, path = ""): readonly PatchOperation[] {
  if (deepEqual(from, to)) return []
  if (!isObject(from) || !isObject(to)) return [{ op: "replace", path, value: to }]
  const operations: PatchOperation[] = []
  const union = { ...emptyLike(from), ...from, ...to }
  for (const name of Object.keys(union)) {
    const at = `${path}/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`
    const before = Object.hasOwn(from, name) ? from[name] : undefined
    const after = Object.hasOwn(to, name) ? to[name] : undefined
    if (after === undefined && before !== undefined) operations.push({ op: "remove", path: at })
    else if (before === undefined && after !== undefined) operations.push({ op: "add", path: at, value: after })
    else operations.push(...createJsonPatch(before, after, at))
  }
  return operations
}
