import { join } from "node:path"
import type { ContainerId } from "../container.ts"
import type { SandboxId } from "../sandbox.ts"

/**
 * Where everything lies. `dataDir` is on disk and survives a reboot: records and writable layers. `stateDir` is on a
 * tmpfs and belongs to this boot: bundles, pinned namespaces, process ids, sockets.
 *
 * ```
 * dataDir/sandboxes/ID/   sandbox.json hostname resolv.conf
 * dataDir/containers/ID/  container.json run.json upper/ work/ rootfs/ (mount point) images/N/ (mount points)
 * stateDir/sandboxes/ID/  ns/{net,uts,ipc} shm/ pause/
 * stateDir/containers/ID/ the bundle: config.json pid monitor-pid attach ctl oom
 * stateDir/mapped/ID/N   mount points
 * stateDir/exits/ID       the exit code, written by the monitor
 * stateDir/oci/NAME/      the OCI runtime's own state
 * ```
 */
export interface Layout {
  readonly dataDir: string
  readonly stateDir: string
  readonly exits: string
  /** The OCI runtime's `--root`. */
  runtimeRoot(handler: string): string
  sandbox(id: SandboxId | string): SandboxPaths
  container(id: ContainerId | string): ContainerPaths
}

export interface SandboxPaths {
  readonly data: string
  readonly record: string
  readonly hostname: string
  readonly resolvConf: string
  readonly state: string
  readonly namespaces: string
  readonly shm: string
  readonly pause: string
}

export interface ContainerPaths {
  readonly data: string
  readonly record: string
  readonly run: string
  readonly upper: string
  readonly work: string
  readonly rootfs: string
  readonly images: string
  readonly bundle: string
  readonly exit: string
  /** Mount points of what a user namespace sees with ids of its own. */
  readonly mapped: string
}

export function createLayout(dataDir: string, stateDir: string): Layout {
  const exits = join(stateDir, "exits")
  return {
    dataDir,
    stateDir,
    exits,
    runtimeRoot: (handler) => join(stateDir, "oci", handler),
    sandbox(id) {
      const data = join(dataDir, "sandboxes", id)
      const state = join(stateDir, "sandboxes", id)
      return {
        data,
        record: join(data, "sandbox.json"),
        hostname: join(data, "hostname"),
        resolvConf: join(data, "resolv.conf"),
        state,
        namespaces: join(state, "ns"),
        shm: join(state, "shm"),
        pause: join(state, "pause"),
      }
    },
    container(id) {
      const data = join(dataDir, "containers", id)
      return {
        data,
        record: join(data, "container.json"),
        run: join(data, "run.json"),
        upper: join(data, "upper"),
        work: join(data, "work"),
        rootfs: join(data, "rootfs"),
        images: join(data, "images"),
        bundle: join(stateDir, "containers", id),
        exit: join(exits, id),
        mapped: join(stateDir, "mapped", id),
      }
    },
  }
}
