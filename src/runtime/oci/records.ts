import { readFileSync } from "node:fs"
import { readJsonIfWhole, writeAtomically } from "../../platform/linux/files.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerConfig, ContainerId, ContainerUser, ExitReason, LinuxContainerResources } from "../container.ts"
import type { PodSandboxConfig, SandboxId } from "../sandbox.ts"

/** What is kept of a sandbox. Times are decimal nanoseconds, as JSON has no whole numbers that large. */
export interface SandboxRecord {
  readonly id: SandboxId
  readonly config: PodSandboxConfig
  readonly handler: string
  readonly createdAtNs: string
  /** `creating` after a crash means that everything found is to be removed. */
  readonly state: "creating" | "ready" | "stopped"
  readonly ips: readonly string[]
  /** We made the pod's cgroup, so we remove it. */
  readonly ownsCgroup: boolean
  /** The process that holds a shared pid namespace. */
  readonly pause: ProcessIdentity | null
}

/** Written once everything is prepared: a folder without it is garbage of a crash. */
export interface ContainerRecord {
  readonly id: ContainerId
  readonly sandboxId: SandboxId
  readonly config: ContainerConfig
  readonly imageId: string
  readonly imageRef: string
  readonly handler: string
  readonly createdAtNs: string
  /** Absolute; empty for no log. */
  readonly logPath: string
  readonly cgroup: string
  readonly user: ContainerUser
  readonly stopSignal: string
  readonly warnings: readonly string[]
  readonly resources: LinuxContainerResources
}

/** A pid alone may come to mean another process; with its start time it cannot. */
export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTicks: string
}

/** How far a container has come. */
export interface RunRecord {
  readonly state: "CREATED" | "RUNNING" | "EXITED"
  readonly process: ProcessIdentity | null
  readonly startedAtNs: string
  readonly finishedAtNs: string
  readonly exitCode: number
  readonly reason: ExitReason | ""
  readonly message: string
  /** Limits after an update; null: those of the container's record. */
  readonly resources: LinuxContainerResources | null
}

export const createdRun: RunRecord = {
  state: "CREATED",
  process: null,
  startedAtNs: "0",
  finishedAtNs: "0",
  exitCode: 0,
  reason: "",
  message: "",
  resources: null,
}

/**
 * Replaces the file as a whole: a reader, or a start after a crash, sees the old content or the new. For root alone: the
 * environment of containers holds secrets.
 */
export function writeRecord(path: string, record: SandboxRecord | ContainerRecord | RunRecord): void {
  writeAtomically(path, JSON.stringify(record))
}

/**
 * Writes what a later start would find out again, from the monitors' files and from what is gone. A full disk must not
 * keep it from being done: ending a pod is what makes room.
 */
export function noteRecord(log: Platform["log"], path: string, record: SandboxRecord | RunRecord): void {
  try {
    writeRecord(path, record)
  } catch (error) {
    if (!hasCode(error, "ENOSPC", "EDQUOT")) throw error
    log.warn("the disk is full: a record stays as it was", { path, error })
  }
}

/** Null when there is no such file, or when a power cut has left it incomplete. */
export function readRecord<T extends SandboxRecord | ContainerRecord | RunRecord>(path: string): T | null {
  return (readJsonIfWhole(path) as T | undefined) ?? null
}

/** Null when there is no such process (any more). */
export function identifyProcess(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name, in parentheses, may contain anything; after it come field 3 and the following.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const [state] = fields
    const startTicks = fields[19]
    return startTicks === undefined || state === "Z" || state === "X" ? null : { pid, startTicks }
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return null
    throw error
  }
}

export function isAlive(process: ProcessIdentity): boolean {
  return identifyProcess(process.pid)?.startTicks === process.startTicks
}
