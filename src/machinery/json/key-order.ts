/**
 * The order of map keys in canonical JSON and protobuf: by their UTF-8 bytes. JavaScript compares UTF-16 units, which
 * differs only where surrogates meet other high characters.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const xHigh = x >= 0xd800 && x <= 0xdfff
    const yHigh = y >= 0xd800 && y <= 0xdfff
    if (xHigh === yHigh) return x - y
    return xHigh ? 1 : -1
  }
  return a.length - b.length
}

/** An object's keys in that order. */
export function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object)
  for (let i = 1; i < keys.length; i++) {
    if (compareKeys(keys[i - 1] ?? "", keys[i] ?? "") > 0) return keys.sort(compareKeys)
  }
  return keys
}

/** A copy of plain JSON data in which the members of every object stand in that order. */
export function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder)
  if (typeof value !== "object" || value === null) return value
  const ordered: Record<string, unknown> = Object.create(null)
  for (const key of sortedKeys(value)) ordered[key] = inKeyOrder((value as Record<string, unknown>)[key])
  return ordered
}
