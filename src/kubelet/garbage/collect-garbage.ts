import { existsSync, readdirSync, rmSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import { removeDeadLinks } from "../container/log-link.ts"
import { removeContainer } from "../container/remove-container.ts"
import type { Environment } from "../environment.ts"
import type { Pods } from "../pods.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import type { ImageCollector } from "./collect-images.ts"
import { garbageOf } from "./dead-containers.ts"
import { rotateLog } from "./rotate-logs.ts"

const collectEveryMs = 60_000
const imagesEveryMs = 300_000

/** Keeps the node free of what pods leave behind, until `signal` aborts. Begins once pods have been adopted. */
export async function collectGarbage(options: {
  readonly environment: Environment
  readonly pods: Pods
  readonly images: ImageCollector
  readonly logs: KubeletSettings["logs"]
  /** Resolves when the kubelet knows which pods there are. */
  readonly adopted: Promise<void>
  readonly signal: AbortSignal
}): Promise<void> {
  const { environment, images, logs, pods, signal } = options
  const { clock, log } = environment.platform
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))
  await Promise.race([options.adopted, stopped])
  await Promise.all([
    every(logs.checkEveryMs, () => rotateLogs(environment, pods, logs)),
    every(collectEveryMs, () => collectLeftovers(environment, pods)),
    every(imagesEveryMs, images.collect),
  ])

  async function every(pauseMs: number, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(pauseMs, signal).catch(() => undefined)
      if (signal.aborted) return
      await work().catch((error: unknown) => log.warn("garbage was not collected", { error }))
    }
  }
}

async function rotateLogs(
  { platform, runtime, view }: Environment,
  pods: Pods,
  logs: KubeletSettings["logs"],
): Promise<void> {
  for (const uid of pods.uids()) {
    for (const { id, logPath, state } of view.of(uid).containers) {
      if (state !== "RUNNING" || logPath === "") continue
      await rotateLog(logPath, platform.clock.nowMs(), logs, () => runtime.reopenContainerLog(id))
    }
  }
}

async function collectLeftovers(environment: Environment, pods: Pods): Promise<void> {
  const { cgroups, logDir, objects, view, volumes } = environment
  const uids = pods.uids()
  await removeDeadContainers(environment, pods)
  objects.forgetUnused()
  await volumes.removeOrphans(uids)
  for (const uid of cgroups.uids()) if (!uids.has(uid)) cgroups.remove(uid)
  removeLogsOfGone(logDir, uids)
  const all = view.uids().flatMap((uid) => view.of(uid).containers)
  const running = all.filter(({ state }) => state === "RUNNING")
  removeDeadLinks(logDir, running)
}

/** `ended`: also the last instances of pods that are over, whose logs go with them. */
export async function removeDeadContainers(
  environment: Pick<Environment, "dataDir" | "logDir" | "runtime" | "view">,
  pods: Pick<Pods, "isOver" | "uids">,
  { ended = false }: { readonly ended?: boolean } = {},
): Promise<void> {
  const { runtime, view } = environment
  for (const uid of pods.uids()) {
    const { containers, sandboxes } = ended && pods.isOver(uid) ? view.of(uid) : garbageOf(view.of(uid))
    for (const status of containers) {
      await removeContainer(environment, uid, status.id)
      removeFiles(environment, uid, status)
    }
    for (const { id } of sandboxes) {
      await runtime.removePodSandbox(id)
      view.forgetSandbox(uid, id)
    }
  }
}

/** The log of an instance, with its rotated parts, and its termination message. */
function removeFiles(
  { dataDir }: Pick<Environment, "dataDir">,
  uid: string,
  { logPath, metadata }: ContainerStatus,
): void {
  const folder = dirname(logPath)
  if (logPath !== "" && existsSync(folder)) {
    for (const name of readdirSync(folder)) {
      const own = name === basename(logPath) || name.startsWith(`${basename(logPath)}.`)
      if (own) rmSync(join(folder, name), { force: true })
    }
  }
  const message = join(dataDir, "pods", uid, "containers", metadata.name, `${metadata.attempt}.termination`)
  rmSync(message, { force: true })
}

/** Folders are named `<namespace>_<name>_<uid>`. */
function removeLogsOfGone(logDir: string, uids: ReadonlySet<string>): void {
  for (const name of readdirSync(logDir)) {
    const uid = name.slice(name.lastIndexOf("_") + 1)
    if (name.split("_").length === 3 && !uids.has(uid)) rmSync(join(logDir, name), { recursive: true, force: true })
  }
}
