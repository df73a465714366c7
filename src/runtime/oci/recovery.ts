import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { hasCode } from "../../platform/linux/system-error.ts"
import { discardContainer } from "./container-create.ts"
import { finish, monitorIsAlive, noteExit, noteLoss } from "./container-exit.ts"
import { startTime } from "./containers.ts"
import { type ContainerEntry, nowNs, type OciContext } from "./context.ts"
import { monitorPidFile, pidFile, startingFile } from "./monitor.ts"
import {
  type ContainerRecord,
  createdRun,
  identifyProcess,
  noteRecord,
  type RunRecord,
  readRecord,
  type SandboxRecord,
} from "./records.ts"
import { tearDownSandbox } from "./sandbox-setup.ts"
import { discardSandbox } from "./sandboxes.ts"

/** Image mounts that a container may have at most: pins and mounts of a half-made one are searched up to here. */
const IMAGE_MOUNTS_MAX = 16
const START_WAIT_MS = 10_000
const START_CHECK_MS = 5
/** A monitor writes its pid within milliseconds; none appears when we were killed just before starting it. */
const MONITOR_WAIT_MS = 1000

/** Finds what earlier processes have left: adopts what runs, notes what ended, removes what was half made. */
export async function recover(context: OciContext): Promise<void> {
  const { layout } = context
  const folders = [dirname(layout.sandbox("x").data), dirname(layout.container("x").data), layout.exits]
  for (const folder of [...folders, dirname(layout.container("x").bundle), dirname(layout.sandbox("x").state)]) {
    mkdirSync(folder, { recursive: true, mode: 0o711 })
  }
  for (const id of names(dirname(layout.sandbox("x").data))) await recoverSandbox(context, id)
  for (const id of names(dirname(layout.container("x").data))) await recoverContainer(context, id)
  removeOrphans(context)
}

async function recoverSandbox(context: OciContext, id: string): Promise<void> {
  const paths = context.layout.sandbox(id)
  const record = readRecord<SandboxRecord>(paths.record)
  if (record === null) {
    tearDownSandbox(paths)
    rmSync(paths.data, { recursive: true, force: true })
    return
  }
  if (record.state === "creating") await discardSandbox(context, record)
  else context.sandboxes.set(id, { record })
}

async function recoverContainer(context: OciContext, id: string): Promise<void> {
  const paths = context.layout.container(id)
  const record = readRecord<ContainerRecord>(paths.record)
  if (record === null || !context.sandboxes.has(record.sandboxId)) {
    await discardContainer(context, id, record?.config.mounts.length ?? IMAGE_MOUNTS_MAX)
    return
  }
  const run = readRecord<RunRecord>(paths.run) ?? createdRun
  const entry: ContainerEntry = { record, run, exited: Promise.withResolvers() }
  context.containers.set(id, entry)
  if (run.state === "EXITED") return entry.exited.resolve()
  if (run.state === "CREATED") await adoptStarted(context, entry)
  if (entry.run.state === "CREATED" && !existsSync(paths.bundle)) {
    const message = "the machine restarted before the container was started"
    finish(context, entry, { exitCode: 255, reason: "Error", message, finishedAtNs: nowNs(context) })
  }
  if (!noteExit(context, entry)) noteLoss(context, entry)
}

/** We may have been killed between the start of the monitor and the note of it. */
async function adoptStarted(context: OciContext, entry: ContainerEntry): Promise<void> {
  const { bundle } = context.layout.container(entry.record.id)
  if (!existsSync(startingFile(bundle))) return
  for (let waited = 0; !existsSync(pidFile(bundle)); waited += START_CHECK_MS) {
    // Either it has failed, and can be started again, or the monitor itself is still to begin.
    const begun = existsSync(monitorPidFile(bundle))
    if (begun ? !monitorIsAlive(context, entry) : waited > MONITOR_WAIT_MS) return
    if (waited > START_WAIT_MS) return
    await context.platform.clock.sleep(START_CHECK_MS)
  }
  const process = identifyProcess(Number(readFileSync(pidFile(bundle), "utf8")))
  entry.run = { ...entry.run, state: "RUNNING", process, startedAtNs: startTime(bundle) }
  noteRecord(context.platform.log, context.layout.container(entry.record.id).run, entry.run)
}

/** State of this boot whose record on disk is gone. */
function removeOrphans(context: OciContext): void {
  const { layout } = context
  for (const id of names(dirname(layout.sandbox("x").state))) {
    if (!context.sandboxes.has(id)) tearDownSandbox(layout.sandbox(id))
  }
  for (const id of names(dirname(layout.container("x").bundle))) {
    if (!context.containers.has(id)) rmSync(layout.container(id).bundle, { recursive: true, force: true })
  }
  for (const id of names(layout.exits)) {
    if (!context.containers.has(id) && !context.sandboxes.has(id)) rmSync(layout.container(id).exit, { force: true })
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (hasCode(error, "ENOENT")) return []
    throw error
  }
}
