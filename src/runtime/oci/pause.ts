import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { RuntimeError } from "../errors.ts"
import type { PodSandboxConfig, SandboxId } from "../sandbox.ts"
import type { OciContext } from "./context.ts"
import { findProgram, type OciHandler } from "./handlers.ts"
import { startMonitored } from "./monitor.ts"
import { identifyProcess, type ProcessIdentity } from "./records.ts"
import { sandboxNamespaces, userNamespace } from "./sandbox-setup.ts"
import { seccompAnnotations } from "./seccomp-program.ts"
import { idMappings } from "./spec/id-mappings.ts"
import { ociNamespaces } from "./spec/namespaces.ts"
import { defaultMaskedPaths, defaultReadonlyPaths } from "./spec/paths.ts"
import { defaultSeccompProfile } from "./spec/seccomp.ts"

/** User and group `nobody` on every distribution's containers. */
const NOBODY = 65535
const MEMORY_BYTES_MAX = 16 * 1024 * 1024

/**
 * Only a process can hold a pid namespace, and the first in it must reap orphans. A pod that shares one gets busybox's
 * shell, without rights and confined like any container: `wait` reaps whatever ends, known or not. It waits for a process
 * that is called by its path, so that those who look for their own `sleep` in the pod do not find it.
 */
const program = "/busybox sleep 2147483647 & while :; do wait $!; done"

export async function startPause(
  context: OciContext,
  id: SandboxId,
  config: PodSandboxConfig,
  handlerName: string,
): Promise<ProcessIdentity> {
  const busybox = findProgram("busybox")
  if (busybox === null) {
    throw new RuntimeError("Unsupported", "a shared pid namespace needs busybox: apt-get install busybox-static")
  }
  const bundle = context.layout.sandbox(id).pause
  // Root of a user namespace could not make the mount points itself.
  for (const folder of ["proc", "dev"]) mkdirSync(join(bundle, "rootfs", folder), { recursive: true })
  writeFileSync(join(bundle, "rootfs", "busybox"), "")
  const handler = await context.handler(handlerName)
  writeFileSync(join(bundle, "config.json"), JSON.stringify(pauseSpec(context, id, config, busybox, handler)))
  const request = { id, bundle, logPath: "", tty: false, stdin: false, stdinOnce: false }
  const pid = await startMonitored(request, handler, context.platform.processes, context.cgroups, context.layout)
  const process = identifyProcess(pid)
  if (process === null) throw new RuntimeError("RuntimeFailure", `the first process of pod sandbox ${id} ended at once`)
  return process
}

export function pauseCgroup(id: SandboxId, config: PodSandboxConfig): string {
  return join(config.linux.cgroupParent || "/", id)
}

function pauseSpec(
  context: OciContext,
  id: SandboxId,
  config: PodSandboxConfig,
  busybox: string,
  handler: OciHandler,
): object {
  const none = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] }
  const seccomp = context.machine.seccomp ? defaultSeccompProfile(context.machine.arch, []) : null
  const guarded = ["nosuid", "noexec", "nodev"]
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: NOBODY, gid: NOBODY },
      args: ["/busybox", "sh", "-c", program],
      env: [],
      cwd: "/",
      capabilities: none,
      noNewPrivileges: true,
    },
    ...seccompAnnotations(handler, seccomp ?? undefined),
    root: { path: "rootfs", readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: guarded },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
      { destination: "/busybox", type: "bind", source: busybox, options: ["bind", "ro", "nosuid", "nodev"] },
    ],
    linux: {
      namespaces: ociNamespaces({
        options: { network: "POD", ipc: "POD", pid: "CONTAINER" },
        sandbox: sandboxNamespaces(config, context.layout.sandbox(id)),
        pidPath: null,
        privileged: false,
        cgroupMode: context.machine.cgroupMode,
      }),
      ...idMappings(userNamespace(config)),
      cgroupsPath: pauseCgroup(id, config),
      resources: { devices: [{ allow: false, access: "rwm" }], memory: { limit: MEMORY_BYTES_MAX } },
      maskedPaths: defaultMaskedPaths,
      readonlyPaths: defaultReadonlyPaths,
      ...(seccomp === null ? {} : { seccomp }),
    },
  }
}
