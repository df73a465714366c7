import { randomBytes, randomInt, randomUUID } from "node:crypto"
import type { Random } from "../random.ts"

/** The kernel's random numbers. */
export const realRandom: Random = {
  bytes: (length) => randomBytes(length),
  int: (below) => randomInt(below),
  float: () => Math.random(),
  uuid: () => randomUUID(),
}
