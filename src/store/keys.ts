const SURROGATE_FIRST = 0xd800
const SURROGATE_LAST = 0xdfff
const CODE_POINT_LAST = 0x10ffff

/**
 * Orders keys by code point, which is the order of their UTF-8 bytes in every store. JavaScript's own `<` compares
 * UTF-16 units and disagrees beyond the basic plane.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left === right) continue
    return inCodePointOrder(left) - inCodePointOrder(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others, so they sort last. */
function inCodePointOrder(unit: number): number {
  return unit >= SURROGATE_FIRST && unit <= SURROGATE_LAST ? unit + 0x10000 : unit
}

/** The first key after all keys with this prefix; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  for (let point = points.pop(); point !== undefined; point = points.pop()) {
    if (point === CODE_POINT_LAST) continue
    const next = point + 1 === SURROGATE_FIRST ? SURROGATE_LAST + 1 : point + 1
    return String.fromCodePoint(...points, next)
  }
  return undefined
}

/** Throws `TypeError` unless the key is one that every store can hold. */
export function checkKey(key: string): void {
  if (key === "") throw new TypeError("a key must not be empty")
  checkText(key, "key")
}

/** Throws `TypeError` unless the text is well formed and free of NUL. */
export function checkText(text: string, what: string): void {
  if (!text.isWellFormed()) throw new TypeError(`${what} ${JSON.stringify(text)} contains half of a surrogate pair`)
  if (text.includes("\0")) throw new TypeError(`${what} ${JSON.stringify(text)} contains NUL, which keys cannot hold`)
}
