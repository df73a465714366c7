import { existsSync, statSync } from "node:fs"
import type { ContainerConfig, ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import type { SandboxId } from "../sandbox.ts"
import { discardContainer, prepareContainer } from "./container-create.ts"
import { finish, noteLoss } from "./container-exit.ts"
import { podUidOf, publishContainer, sandboxView } from "./container-view.ts"
import { type ContainerEntry, containersOf, needContainer, needSandbox, nowNs, type OciContext } from "./context.ts"
import { pidFile, reopenLog, StartFailure, startMonitored } from "./monitor.ts"
import { identifyProcess, isAlive, noteRecord, type RunRecord } from "./records.ts"
import { sendSignal, signalNumber } from "./signals.ts"

const SIGKILL = 9
/** As Kubernetes shows a container that could not be started. */
const EXIT_CODE_START_FAILED = 128
/** How often a waiting stop looks whether the monitor was killed and will never report the exit. */
const LOSS_CHECK_MS = 500
const REOPEN_WAIT_MS = 1000
const REOPEN_CHECK_MS = 2

export function createContainer(
  context: OciContext,
  sandboxId: SandboxId,
  config: ContainerConfig,
): Promise<ContainerId> {
  return context.locks.run(sandboxId, async () => {
    const sandbox = needSandbox(context, sandboxId)
    const { name, attempt } = config.metadata
    const same = containersOf(context, sandboxId).find(
      ({ record: { config: other } }) => other.metadata.name === name && other.metadata.attempt === attempt,
    )
    if (same !== undefined) return same.record.id
    if (sandboxView(context, sandbox).state !== "READY") {
      throw new RuntimeError("FailedPrecondition", `pod sandbox ${sandboxId} is not ready: run a new one`)
    }
    const entry = await prepareContainer(context, sandbox, config)
    context.containers.set(entry.record.id, entry)
    publishContainer(context, entry)
    return entry.record.id
  })
}

export function startContainer(context: OciContext, id: ContainerId): Promise<void> {
  return context.locks.run(id, async () => {
    const entry = needContainer(context, id)
    if (entry.run.state === "RUNNING") return
    if (entry.run.state === "EXITED") {
      throw new RuntimeError("FailedPrecondition", `container ${id} has exited: create a new one`)
    }
    await start(context, entry)
  })
}

async function start(context: OciContext, entry: ContainerEntry): Promise<void> {
  const { record } = entry
  const { config, id } = record
  const { bundle, run: runPath } = context.layout.container(id)
  try {
    const request = { ...config, id, bundle, logPath: record.logPath }
    const handler = await context.handler(record.handler)
    const { platform, cgroups, layout } = context
    const pid = await startMonitored(request, handler, platform.processes, cgroups, layout)
    // A program that has ended already has no identity left; its exit code is on the way.
    const process = identifyProcess(pid)
    entry.run = { ...entry.run, state: "RUNNING", process, startedAtNs: startTime(bundle) }
    noteRecord(platform.log, runPath, entry.run)
    publishContainer(context, entry)
    noteLoss(context, entry)
  } catch (cause) {
    if (!(cause instanceof StartFailure)) throw cause
    const message = `failed to start container: ${cause.message}`
    const end = {
      exitCode: EXIT_CODE_START_FAILED,
      reason: "StartError",
      message,
      finishedAtNs: nowNs(context),
    } as const
    finish(context, entry, end)
    throw new RuntimeError("RuntimeFailure", message, { cause })
  }
}

/** The OCI runtime writes the pid just before the program runs, by the clock that also dates the exit code. */
export function startTime(bundle: string): string {
  return String(statSync(pidFile(bundle), { bigint: true }).mtimeNs)
}

export async function stopContainer(context: OciContext, id: ContainerId, graceMs: number): Promise<void> {
  const entry = context.containers.get(id)
  if (entry === undefined) return
  noteLoss(context, entry)
  if (entry.run.state === "CREATED") return stopCreated(context, id)
  if (entry.run.state === "EXITED") return
  if (graceMs > 0 && signal(entry.run, signalNumber(entry.record.stopSignal))) {
    if (await exitsWithin(context, entry, graceMs)) return
  }
  await kill(context, entry)
}

/** A start may be under way: the lock lets it finish first. */
function stopCreated(context: OciContext, id: ContainerId): Promise<void> {
  return context.locks.run(id, async () => {
    const entry = context.containers.get(id)
    if (entry === undefined) return
    if (entry.run.state === "RUNNING") return kill(context, entry)
    if (entry.run.state === "EXITED") return
    const end = { exitCode: 128 + SIGKILL, reason: "Error", message: "stopped before it started" } as const
    finish(context, entry, { ...end, finishedAtNs: nowNs(context) })
  })
}

/** Resolves when the container is EXITED. */
export async function kill(context: OciContext, entry: ContainerEntry): Promise<void> {
  while (entry.run.state === "RUNNING") {
    signal(entry.run, SIGKILL)
    if (await exitsWithin(context, entry, LOSS_CHECK_MS)) return
    noteLoss(context, entry)
  }
}

function signal(run: RunRecord, number: number): boolean {
  return run.process !== null && sendSignal(run.process, number)
}

async function exitsWithin(context: OciContext, entry: ContainerEntry, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const timeout = context.platform.clock.sleep(ms, timer.signal).then(
    () => false,
    () => true,
  )
  try {
    return await Promise.race([entry.exited.promise.then(() => true), timeout])
  } finally {
    timer.abort()
  }
}

export function removeContainer(context: OciContext, id: ContainerId): Promise<void> {
  return context.locks.run(id, async () => {
    const entry = context.containers.get(id)
    if (entry === undefined) return
    await kill(context, entry)
    if (BigInt(entry.run.startedAtNs) > 0n || entry.run.reason === "StartError") await deleteFromRuntime(context, entry)
    context.cgroups.remove(entry.record.cgroup)
    await discardContainer(context, id, entry.record.config.mounts.length)
    context.containers.delete(id)
    const { sandboxId } = entry.record
    context.events.publish({ type: "container-removed", id, sandboxId, podUid: podUidOf(context, entry) })
  })
}

async function deleteFromRuntime(context: OciContext, { record }: ContainerEntry): Promise<void> {
  const root = context.layout.runtimeRoot(record.handler)
  if (!existsSync(`${root}/${record.id}`)) return
  const { path } = await context.handler(record.handler)
  const { code, stderr } = await context.platform.processes.run(path, ["--root", root, "delete", "--force", record.id])
  if (code !== 0 && existsSync(`${root}/${record.id}`)) {
    throw new RuntimeError("RuntimeFailure", `cannot delete container ${record.id}: ${stderr.trim()}`)
  }
}

export async function reopenContainerLog(context: OciContext, id: ContainerId): Promise<void> {
  const { record, run } = needContainer(context, id)
  if (run.state !== "RUNNING") throw new RuntimeError("FailedPrecondition", `container ${id} is not running`)
  if (record.logPath === "") return
  if (!reopenLog(context.layout.container(id).bundle)) {
    throw new RuntimeError("RuntimeFailure", `the monitor of container ${id} is gone: its log cannot be reopened`)
  }
  for (let waited = 0; !existsSync(record.logPath) && waited < REOPEN_WAIT_MS; waited += REOPEN_CHECK_MS) {
    await context.platform.clock.sleep(REOPEN_CHECK_MS)
  }
}

/** Whether the container's first process is there, for what needs it. */
export function needRunning(context: OciContext, id: ContainerId): ContainerEntry {
  const entry = needContainer(context, id)
  noteLoss(context, entry)
  if (entry.run.state !== "RUNNING" || entry.run.process === null || !isAlive(entry.run.process)) {
    throw new RuntimeError("FailedPrecondition", `container ${id} is not running (state ${entry.run.state})`)
  }
  return entry
}
