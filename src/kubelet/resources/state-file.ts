import { readTextIfPresent, writeAtomically } from "../../platform/linux/files.ts"

/**
 * Files that kubelets keep what they have handed out in, with a checksum of what Go prints of it: a kubelet that takes
 * over reads ours, and the other way round.
 */

/** Undefined when there is none. Throws when it cannot be read as JSON. */
export function readStateFile(path: string): unknown {
  const text = readTextIfPresent(path)
  return text === undefined ? undefined : JSON.parse(text)
}

/** Waits until it is on the disk: a kubelet does not begin with a file that a crash of the machine has cut short. */
export function writeStateFile(path: string, content: object): void {
  writeAtomically(path, JSON.stringify(content), { durable: true })
}

/** https://datatracker.ietf.org/doc/html/draft-eastlake-fnv, 32 bits, FNV-1a. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** A map as Go prints it: in the order of its keys. */
export function goMap(entries: Iterable<readonly [string, string]>): string {
  return `map[${[...entries]
    .toSorted(byKey)
    .map(([key, value]) => `${key}:${value}`)
    .join(" ")}]`
}

/** As Go sorts text: by its bytes, which for keys in ASCII is by its units. */
export function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
