import { RuntimeError } from "../../errors.ts"
import type { NamespaceOptions } from "../../sandbox.ts"
import type { CgroupMode } from "./resources.ts"
import type { OciNamespace } from "./types.ts"

/** Pinned namespaces of a sandbox; null where it uses the node's. */
export interface SandboxNamespaces {
  /** The others belong to it. */
  readonly user: string | null
  readonly net: string | null
  readonly uts: string | null
  readonly ipc: string | null
}

export interface NamespacePlan {
  readonly options: NamespaceOptions
  readonly sandbox: SandboxNamespaces
  /** `/proc/PID/ns/pid` of the sandbox's or the target's first process; needed for POD and TARGET. */
  readonly pidPath: string | null
  readonly privileged: boolean
  readonly cgroupMode: CgroupMode
}

/** A namespace without a path is new; one that is not in the list is the node's. */
export function ociNamespaces(plan: NamespacePlan): OciNamespace[] {
  const { options, sandbox } = plan
  const namespaces: OciNamespace[] = [{ type: "mount" }]
  if (sandbox.user !== null) namespaces.push({ type: "user", path: sandbox.user })
  if (sandbox.net !== null) namespaces.push({ type: "network", path: sandbox.net })
  if (sandbox.uts !== null) namespaces.push({ type: "uts", path: sandbox.uts })
  if (sandbox.ipc !== null) namespaces.push({ type: "ipc", path: sandbox.ipc })
  if (options.pid === "CONTAINER") namespaces.push({ type: "pid" })
  if (options.pid === "POD" || options.pid === "TARGET") {
    if (plan.pidPath === null) {
      throw new RuntimeError("FailedPrecondition", `the process whose pid namespace is to be joined does not run`)
    }
    namespaces.push({ type: "pid", path: plan.pidPath })
  }
  // On v1 the runtimes give each container a view of its own cgroup by bind mounts instead.
  if (plan.cgroupMode === "v2" && !plan.privileged) namespaces.push({ type: "cgroup" })
  return namespaces
}
