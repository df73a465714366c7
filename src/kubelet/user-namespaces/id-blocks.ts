import { existsSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { readJsonIfWhole, writeAtomically } from "../../platform/linux/files.ts"
import type { UserNamespace } from "../../runtime/runtime.ts"

/**
 * The ids of pods with a user namespace of their own. Each such pod gets a block of the machine's ids, and no two pods
 * the same one, so that whoever breaks out of one pod is nobody to the others.
 * https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
 */
export interface IdBlocks {
  /** The block of a pod, now and whenever it is asked for again, also by the next agent. Throws when all are taken. */
  of(podUid: string): UserNamespace
  /** Nothing of the pod is left. */
  release(podUid: string): void
}

/** Ids of one pod: all that programs and file systems count on. */
export const BLOCK = 65_536

/** The blocks that a node gives out: `count` of them, beginning with the id `first`. */
export interface IdRange {
  readonly first: number
  readonly count: number
}

/** `podsDir`: where each pod has a folder by its uid. Blocks are noted there in the kubelet's own form, in `userns`. */
export function createIdBlocks(range: IdRange, podsDir: string): IdBlocks {
  const taken = new Map<string, number>()
  const pathOf = (uid: string) => join(podsDir, uid, "userns")
  for (const uid of existsSync(podsDir) ? readdirSync(podsDir) : []) {
    const first = noted(pathOf(uid))
    if (first !== undefined) taken.set(uid, first)
  }
  const free = (): number => {
    const used = new Set(taken.values())
    for (let block = 0; block < range.count; block++) {
      const first = range.first + block * BLOCK
      if (!used.has(first)) return first
    }
    throw new Error(`could not find an empty slot to allocate a user namespace: all ${range.count} are taken`)
  }
  return {
    of(podUid) {
      let first = taken.get(podUid)
      if (first === undefined) {
        first = free()
        const path = pathOf(podUid)
        mkdirSync(join(podsDir, podUid), { recursive: true, mode: 0o750 })
        writeAtomically(path, JSON.stringify(noteOf(first)))
        taken.set(podUid, first)
      }
      const ids = [{ hostId: first, containerId: 0, length: BLOCK }]
      return { mode: "POD", uids: ids, gids: ids }
    },
    release: (podUid) => void taken.delete(podUid),
  }
}

function noteOf(hostId: number): object {
  const mapping = [{ hostId, containerId: 0, length: BLOCK }]
  return { uidMappings: mapping, gidMappings: mapping }
}

/** After a crash of the machine that has cut a note short, the pod gets a block like a new one. */
function noted(path: string): number | undefined {
  const note = readJsonIfWhole(path) as { uidMappings?: { hostId?: unknown }[] } | undefined
  const hostId = note?.uidMappings?.[0]?.hostId
  return typeof hostId === "number" ? hostId : undefined
}

/**
 * The ids that the machine has set aside for a user in `/etc/subuid` and `/etc/subgid`, given the texts of both.
 * Undefined: none. Throws when they are not fit for pods, in the kubelet's words.
 */
export function subordinateIds(
  user: string,
  texts: { readonly uids: string; readonly gids: string },
): IdRange | undefined {
  const [uids, gids] = [rangesOf(user, texts.uids), rangesOf(user, texts.gids)]
  const [range, ...others] = uids
  if (range === undefined && gids.length === 0) return undefined
  if (range === undefined || others.length > 0 || gids.length !== 1) {
    throw new Error(`the user "${user}" must have exactly one range of ids in /etc/subuid and /etc/subgid`)
  }
  if (range.first !== gids[0]?.first || range.length !== gids[0]?.length) {
    throw new Error("the user and group ids from the ranges are not equal")
  }
  if (range.first < BLOCK) {
    throw new Error(`the start of the user ids range is ${range.first}; it should be bigger than ${BLOCK}`)
  }
  if (range.first % BLOCK !== 0 || range.length % BLOCK !== 0) {
    throw new Error(`user ids should be a multiple of ${BLOCK}: found ${range.first} with ${range.length} ids`)
  }
  return { first: range.first, count: range.length / BLOCK }
}

function rangesOf(user: string, text: string): { readonly first: number; readonly length: number }[] {
  return text.split("\n").flatMap((line) => {
    const [name, first, length] = line.split(":")
    return name === user ? [{ first: Number(first), length: Number(length) }] : []
  })
}
