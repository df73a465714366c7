import { chmodSync, lchownSync, lstatSync, readdirSync, type Stats } from "node:fs"
import { join } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
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

/** Children first, so that a root that matches says that everything below does. */
function applyBelow(path: string, group: number, readOnly: boolean): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  // Somebody in the pod may remove files meanwhile.
  if (found === undefined) return
  if (found.isDirectory()) for (const name of readdirSync(path)) applyBelow(join(path, name), group, readOnly)
  const bits = readOnly ? READ_ONLY : READ_WRITE
  try {
    lchownSync(path, found.uid, group)
    if (found.isSymbolicLink()) return
    chmodSync(path, (found.mode & 0o7777) | bits | (found.isDirectory() ? EXECUTE | SET_GROUP_ID : 0))
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
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
