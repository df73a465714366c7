import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  lstatSync,
  readdirSync,
  type Stats,
} from "node:fs"
import type { Pod } from "../../api/core/v1/pod.ts"
import { openFile, openFlags } from "../../platform/linux/open.ts"
import { hasCode } from "../../platform/linux/system-error.ts"

/** Who may use a volume. https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */

const READ_WRITE = 0o660
const READ_ONLY = 0o440
const EXECUTE = 0o110
const SET_GROUP_ID = 0o2000

export interface GroupOwnership {
  /** The pod's fsGroup; without one everything stays as it is. */
  readonly group: number | undefined
  readonly readOnly: boolean
  /** Kubernetes applies the pod's `fsGroupChangePolicy` to volumes that outlive pods only. */
  readonly policy?: string | undefined
}

/** Gives all of `root` to the group: readable (and, unless read-only, writable) by it, and new files belong to it. */
export function applyFsGroup(root: string, ownership: GroupOwnership): void {
  const { group, policy } = ownership
  if (group === undefined) return
  if (policy === "OnRootMismatch" && rootMatches(lstatSync(root), group, ownership.readOnly)) return
  applyBelow(root, group, ownership.readOnly)
}

function rootMatches(root: Stats, group: number, readOnly: boolean): boolean {
  const wanted = (readOnly ? READ_ONLY : READ_WRITE) | EXECUTE | SET_GROUP_ID
  return root.gid === group && root.isDirectory() && (root.mode & wanted) === wanted
}

/**
 * Children first, so that a root that matches says that everything below does. Each is held by a descriptor: pods that
 * share the volume could put a link in its place meanwhile, which would lead to files of the node.
 */
function applyBelow(path: string, group: number, readOnly: boolean): void {
  let fd: number
  try {
    fd = openFile(path, openFlags.O_PATH | constants.O_NOFOLLOW)
  } catch (error) {
    // Somebody in the pod may remove files meanwhile.
    if (hasCode(error, "ENOENT")) return
    throw error
  }
  const held = `/proc/self/fd/${fd}`
  const bits = readOnly ? READ_ONLY : READ_WRITE
  try {
    const found = fstatSync(fd)
    // The folder that it is in is held as well.
    if (found.isSymbolicLink()) return lchownSync(path, found.uid, group)
    if (found.isDirectory()) for (const name of readdirSync(held)) applyBelow(`${held}/${name}`, group, readOnly)
    chownSync(held, found.uid, group)
    chmodSync(held, (found.mode & 0o7777) | bits | (found.isDirectory() ? EXECUTE | SET_GROUP_ID : 0))
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  } finally {
    closeSync(fd)
  }
}

/** The user that all of the pod's containers run as, when the pod says so and they agree. */
export function commonUser(pod: Pod): number | undefined {
  const { containers, initContainers = [], ephemeralContainers = [], securityContext } = pod.spec
  const users = [...initContainers, ...containers, ...ephemeralContainers].map(
    (container) => container.securityContext?.runAsUser ?? securityContext?.runAsUser,
  )
  const [first] = users
  return users.every((user) => user === first) ? first : undefined
}
