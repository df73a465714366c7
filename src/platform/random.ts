/** Randomness. The simulated platform draws from a seed; the real one from the kernel. */
export interface Random {
  /** `length` random bytes, fit for keys and tokens on the real platform. */
  bytes(length: number): Uint8Array
  /** A whole number from 0 up to but not including `below`. */
  int(below: number): number
  /** A number from 0 up to but not including 1. */
  float(): number
  /** A version 4 UUID in lower-case text. */
  uuid(): string
}
