import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { text } from "node:stream/consumers"
import { UserError } from "../../cli/user-error.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { openPidfd, signalPidfd } from "../../platform/linux/processes.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { Platform } from "../../platform/platform.ts"
import { findRunning, TakenError } from "./pid-file.ts"

/**
 * The server and the agents: processes of their own that outlive the command that starts them. Each tells once over
 * descriptor 3 whether it is ready, and is found again by its pid file.
 */

/** A machine under heavy load may take its time, but nobody waits for ever. */
const READY_LONGEST_MS = 90_000
/** Between taking its place and saying so. */
const BEGIN_MS = 1000
const LATE = "late"
const POLL_MS = 10

type Needs = Pick<Platform, "clock" | "processes">

export interface ComponentSpec {
  /** For messages, such as `server`. */
  readonly title: string
  /** Arguments of `gantry`. */
  readonly args: readonly string[]
  readonly pidFile: string
  readonly logFile: string
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[]
  /** Path of the network namespace it runs in; absent: this one. */
  readonly netns?: string
}

/** Descriptor on which a component reports. */
const REPORT_FD = 3
export type Report = { readonly ready: true } | { readonly error: string; readonly taken?: boolean }

/** What a component says when it cannot start. */
export function failureOf(error: unknown): Report {
  const text = messageOf(error)
  return { error: text, ...(error instanceof TakenError && { taken: true }) }
}

/** Called by a component, once, when it is ready or cannot become so. Does nothing when nobody listens. */
export function report(outcome: Report): void {
  try {
    writeFileSync(REPORT_FD, `${JSON.stringify(outcome)}\n`)
    closeSync(REPORT_FD)
  } catch (error) {
    // Started by hand, or whoever started it has gone away.
    if (!hasCode(error, "EBADF", "EPIPE", "EINVAL", "ESPIPE")) throw error
  }
}

/** Starts a component and waits for its report. Throws `UserError` with its last words when it fails. */
export async function startComponent(spec: ComponentSpec, platform: Needs): Promise<void> {
  mkdirSync(dirname(spec.logFile), { recursive: true, mode: 0o700 })
  const main = join(import.meta.dirname, "..", "gantry.ts")
  const flags = ["--disable-warning=ExperimentalWarning", ...(spec.nodeFlags ?? [])]
  const command = [process.execPath, ...flags, main, ...spec.args]
  const [file = "", ...args] = spec.netns === undefined ? command : ["nsenter", `--net=${spec.netns}`, "--", ...command]
  const log = openSync(spec.logFile, "a", 0o600)
  try {
    const child = platform.processes.spawn(file, args, {
      detached: true,
      cwd: "/",
      stdio: ["ignore", log, log, "pipe"],
    })
    const waited = new AbortController()
    const late = platform.clock.sleep(READY_LONGEST_MS, waited.signal).then(
      () => LATE,
      () => "",
    )
    const pipe = child.extra[0]
    const said = await Promise.race([pipe === null || pipe === undefined ? "" : text(pipe), late])
    waited.abort()
    // It has not failed, so whoever called decides whether it may go on.
    if (said === LATE) pipe?.destroy()
    const outcome = said === LATE ? { error: `it is not ready after ${READY_LONGEST_MS / 1000} s` } : parseReport(said)
    if (outcome !== undefined && "ready" in outcome) return
    // Whoever was faster may have been started by somebody who is gone.
    if (outcome?.taken) return await waitForComponent(spec, platform)
    const reason = outcome?.error ?? `it ended without a word; the end of its log:\n${lastLines(spec.logFile)}`
    throw didNotStart(spec, reason)
  } finally {
    closeSync(log)
  }
}

/** Waits for a component that somebody else has started. Throws `UserError` when it ends before it is ready. */
export async function waitForComponent(spec: ComponentSpec, { clock }: Needs): Promise<void> {
  const untilMs = clock.monotonicMs() + READY_LONGEST_MS
  let hasRun = false
  for (;;) {
    const running = findRunning(spec.pidFile)
    if (running?.ready) return
    if (running !== undefined) hasRun = true
    const isGone = running === undefined && (hasRun || clock.monotonicMs() > untilMs - READY_LONGEST_MS + BEGIN_MS)
    if (isGone) throw didNotStart(spec, `it ended; the end of its log:\n${lastLines(spec.logFile)}`)
    if (clock.monotonicMs() > untilMs) throw didNotStart(spec, `it is not ready after ${READY_LONGEST_MS / 1000} s`)
    await clock.sleep(POLL_MS)
  }
}

const didNotStart = ({ logFile, title }: ComponentSpec, reason: string): UserError =>
  new UserError(`${title} did not start: ${reason}\nIts log: ${logFile}`)

/** Asks a component to end, and makes it end when it takes longer than `graceMs`. True when it ran. */
export async function stopComponent(pidFile: string, graceMs: number, platform: Needs): Promise<boolean> {
  const running = findRunning(pidFile)
  if (running === undefined) {
    rmSync(pidFile, { force: true })
    return false
  }
  const pidfd = openPidfd(running.pid)
  try {
    signalPidfd(pidfd, "SIGTERM")
    const untilMs = platform.clock.monotonicMs() + graceMs
    while (findRunning(pidFile) !== undefined) {
      if (platform.clock.monotonicMs() > untilMs) signalPidfd(pidfd, "SIGKILL")
      await platform.clock.sleep(POLL_MS)
    }
  } finally {
    closeSync(pidfd)
  }
  rmSync(pidFile, { force: true })
  return true
}

function parseReport(said: string): Report | undefined {
  try {
    return JSON.parse(said) as Report
  } catch {
    // Cut off or empty: it died before it could say anything.
    return undefined
  }
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-8).join("\n")
}
