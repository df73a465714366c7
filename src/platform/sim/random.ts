import type { Random } from "../random.ts"

/**
 * Repeatable random numbers: xoshiro128** (https://prng.di.unimi.it/), seeded through splitmix32. The same seed always
 * gives the same sequence. Not fit for keys.
 */
export function createSeededRandom(seed: number): Random {
  const state = seedState(seed)

  function next(): number {
    const [a, b, c, d] = state
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    const c1 = c ^ a
    const d1 = d ^ b
    state[0] = a ^ d1
    state[1] = b ^ c1
    state[2] = c1 ^ shifted
    state[3] = rotateLeft(d1, 11)
    return result
  }

  function float(): number {
    // 53 bits, as many as a number holds.
    return ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
  }

  function bytes(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let i = 0; i < length; i++) out[i] = next() >>> 24
    return out
  }

  function uuid(): string {
    const raw = bytes(16)
    raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40
    raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80
    return Buffer.from(raw)
      .toString("hex")
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
  }

  function int(below: number): number {
    if (!(below >= 1)) throw new RangeError(`int(below): found ${below}, expected a number of at least 1`)
    return Math.floor(float() * below)
  }

  return { bytes, int, float, uuid }
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function seedState(seed: number): [number, number, number, number] {
  // Seeds beyond 32 bits, such as a time in milliseconds, must differ in their upper half too.
  let at = (Math.trunc(seed) ^ Math.trunc(seed / 2 ** 32)) | 0
  const splitmix = () => {
    at = (at + 0x9e3779b9) | 0
    let z = at ^ (at >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return z ^ (z >>> 15)
  }
  return [splitmix(), splitmix(), splitmix(), splitmix()]
}
