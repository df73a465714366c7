import { deepClone, deepEqual, emptyLike, isObject, type JsonObject, ownMember, setMember } from "./structure.ts"

/**
 * Applies a JSON merge patch (RFC 7386): objects merge, null removes, everything else replaces. Neither argument is
 * changed; the result shares unchanged parts with `target`.
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return deepClone(patch)
  const base = isObject(target) ? target : {}
  const result: JsonObject = emptyLike(base)
  for (const name of Object.keys(base)) setMember(result, name, base[name])
  for (const name of Object.keys(patch)) {
    const change = patch[name]
    if (change === null) delete result[name]
    else setMember(result, name, applyMergePatch(ownMember(result, name), change))
  }
  return result
}

/** The smallest merge patch that turns `from` into `to`; `{}` when they are equal. */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {}
  for (const name of Object.keys(from)) {
    if (from[name] !== undefined && ownMember(to, name) === undefined) setMember(patch, name, null)
  }
  for (const name of Object.keys(to)) {
    const before = ownMember(from, name)
    const after = to[name]
    if (after === undefined || deepEqual(before, after)) continue
    setMember(patch, name, isObject(before) && isObject(after) ? createMergePatch(before, after) : deepClone(after))
  }
  return patch
}
