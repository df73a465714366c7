import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Processes } from "../processes.ts"
import { bindMount } from "./mount.ts"
import { type NamespaceKind, prepareNamespaces, USER_NAMESPACE, unpinNamespaces } from "./namespaces.ts"

/** Ids from `containerId` on are, outside of the namespace, those from `hostId` on. */
export interface IdRange {
  readonly containerId: number
  readonly hostId: number
  readonly length: number
}

/**
 * Makes a user namespace, and namespaces of other kinds that belong to it, and pins all of them as
 * `createPinnedNamespaces` does; the user namespace as `dir`/user. A process with several threads cannot make one, so a
 * child does, and ends at once. Nothing is left when it rejects.
 */
export async function createPinnedUserNamespace(
  dir: string,
  kinds: readonly NamespaceKind[],
  options: { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[]; readonly hostname: string },
  processes: Pick<Processes, "spawn">,
): Promise<void> {
  mkdirSync(dir, { recursive: true })
  const flags = kinds.map((kind) => `--${kind}`)
  const child = processes.spawn("unshare", ["--user", ...flags, "--", "sh", "-c", "echo; read _"], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  try {
    // It speaks once it is inside.
    const spoke = child.stdout === null ? false : once(child.stdout, "data").then(() => true)
    if (!(await Promise.race([spoke, child.exited.then(() => false)]))) {
      throw new Error("unshare ended before it had made a user namespace")
    }
    writeFileSync(`/proc/${child.pid}/uid_map`, lines(options.uids))
    writeFileSync(`/proc/${child.pid}/gid_map`, lines(options.gids))
    for (const kind of [USER_NAMESPACE, ...kinds]) {
      const path = join(dir, kind)
      writeFileSync(path, "")
      bindMount(`/proc/${child.pid}/ns/${kind}`, path)
    }
    prepareNamespaces(dir, kinds, options.hostname)
  } catch (error) {
    unpinNamespaces(dir)
    throw error
  } finally {
    child.stdin?.end()
    await child.exited
  }
}

const lines = (ranges: readonly IdRange[]): string =>
  ranges.map(({ containerId, hostId, length }) => `${containerId} ${hostId} ${length}\n`).join("")
