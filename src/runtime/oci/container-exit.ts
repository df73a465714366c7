import { existsSync, readFileSync, statSync } from "node:fs"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ExitReason } from "../container.ts"
import { publishContainer } from "./container-view.ts"
import { type ContainerEntry, nowNs, type OciContext } from "./context.ts"
import { monitorPidFile, oomFile } from "./monitor.ts"
import { identifyProcess, isAlive, noteRecord, type RunRecord } from "./records.ts"

const SIGKILL = 9
/** Nobody saw how it ended, as containerd says it. */
const EXIT_CODE_UNKNOWN = 255

/** Takes note that a container has ended, when its monitor has said so. May be repeated. Returns whether it has. */
export function noteExit(context: OciContext, entry: ContainerEntry): boolean {
  // A program may end before its start has been noted: the start looks again.
  if (entry.run.state !== "RUNNING") return entry.run.state === "EXITED"
  const { record } = entry
  const paths = context.layout.container(record.id)
  const exit = readExit(paths.exit)
  if (exit === null) return false
  const outOfMemory = existsSync(oomFile(paths.bundle)) || context.cgroups.oomKills(record.cgroup) > 0
  finish(context, entry, {
    exitCode: exit.code,
    reason: exitReason(exit.code, outOfMemory),
    message: "",
    finishedAtNs: exit.atNs,
  })
  return true
}

/** `OOMKilled` only when the container ended badly: a program may survive the loss of a child. */
export function exitReason(code: number, outOfMemory: boolean): ExitReason {
  if (code === 0) return "Completed"
  return outOfMemory ? "OOMKilled" : "Error"
}

/** For a container whose monitor has been killed: nobody will ever write its exit code. */
export function noteLoss(context: OciContext, entry: ContainerEntry): void {
  if (entry.run.state !== "RUNNING" || noteExit(context, entry)) return
  const { process } = entry.run
  if (process !== null && isAlive(process)) return
  if (monitorIsAlive(context, entry)) return
  // It may have written the code between the two looks.
  if (noteExit(context, entry)) return
  const message = "the exit code is unknown: the container's monitor was killed or the machine restarted"
  finish(context, entry, { exitCode: EXIT_CODE_UNKNOWN, reason: "Error", message, finishedAtNs: nowNs(context) })
}

export function finish(
  context: OciContext,
  entry: ContainerEntry,
  end: Pick<RunRecord, "exitCode" | "reason" | "message" | "finishedAtNs">,
): void {
  if (entry.record.config.linux.securityContext.namespaceOptions.pid !== "CONTAINER") killRest(context, entry)
  entry.run = { ...entry.run, ...end, state: "EXITED" }
  noteRecord(context.platform.log, context.layout.container(entry.record.id).run, entry.run)
  entry.exited.resolve()
  publishContainer(context, entry)
}

/** Without a pid namespace of its own, a container's other processes outlive its first. */
function killRest(context: OciContext, { record }: ContainerEntry): void {
  for (const pid of context.cgroups.processes(record.cgroup)) {
    try {
      process.kill(pid, SIGKILL)
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error
    }
  }
}

export function monitorIsAlive(context: OciContext, { record }: ContainerEntry): boolean {
  const path = monitorPidFile(context.layout.container(record.id).bundle)
  if (!existsSync(path)) return false
  return identifyProcess(Number(readFileSync(path, "utf8"))) !== null
}

function readExit(path: string): { readonly code: number; readonly atNs: string } | null {
  try {
    const text = readFileSync(path, "utf8")
    const { mtimeNs } = statSync(path, { bigint: true })
    return text === "" ? null : { code: Number(text), atNs: String(mtimeNs) }
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null
    throw error
  }
}
