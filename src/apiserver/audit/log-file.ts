import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs"
import { basename, dirname, extname, join } from "node:path"
import type { Clock } from "../../platform/clock.ts"
import { formatAlone } from "./event.ts"
import type { AuditSink, ReportLoss } from "./sink.ts"

/** A file of events, one in a line, that starts anew when it is full; the old ones are kept for a while. */
export interface LogFileSettings {
  /** `-`: standard output. */
  readonly path: string
  /** When it starts anew, in megabytes (2^20 bytes). 0: never. */
  readonly sizeMax: number
  /** How many old files are kept. 0: all. */
  readonly backupsMax: number
  /** How many days old files are kept. 0: for ever. */
  readonly ageMaxDays: number
}

const DAY_MS = 86_400_000
const STAMP = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/

/** Throws when the file cannot be written. An event is in the file (not yet on the disk) when `write` returns. */
export function openLogFile(settings: LogFileSettings, clock: Pick<Clock, "nowMs">, lost: ReportLoss): AuditSink {
  if (settings.path === "-") return standardOutput
  const { path, sizeMax } = settings
  const bytesMax = sizeMax * 2 ** 20
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  let file = openSync(path, "a", 0o600)
  let size = fstatSync(file).size
  removeOld(settings, clock.nowMs())

  function startAnew(): void {
    closeSync(file)
    renameSync(path, backupName(path, clock.nowMs()))
    file = openSync(path, "a", 0o600)
    size = 0
    removeOld(settings, clock.nowMs())
  }

  return {
    write(item) {
      try {
        const line = Buffer.from(`${formatAlone(item)}\n`)
        if (bytesMax > 0 && size > 0 && size + line.length > bytesMax) startAnew()
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at)
        size += line.length
      } catch (error) {
        lost("log", error, 1)
      }
    },
    async close() {
      closeSync(file)
    },
  }
}

const standardOutput: AuditSink = {
  write: (item) => void process.stdout.write(`${formatAlone(item)}\n`),
  close: async () => undefined,
}

/** `audit.log` becomes `audit-2026-01-02T03-04-05.678.log`, in UTC. */
function backupName(path: string, nowMs: number): string {
  const { prefix, extension } = partsOf(path)
  const stamp = new Date(nowMs).toISOString().replaceAll(":", "-").slice(0, -1)
  return join(dirname(path), `${prefix}${stamp}${extension}`)
}

function partsOf(path: string): { readonly prefix: string; readonly extension: string } {
  const extension = extname(path)
  return { prefix: `${basename(path, extension)}-`, extension }
}

function removeOld({ path, backupsMax, ageMaxDays }: LogFileSettings, nowMs: number): void {
  if (backupsMax === 0 && ageMaxDays === 0) return
  const { prefix, extension } = partsOf(path)
  const stampOf = (file: string) => file.slice(prefix.length, extension === "" ? undefined : -extension.length)
  const newestFirst = readdirSync(dirname(path))
    .filter((file) => file.startsWith(prefix) && file.endsWith(extension) && STAMP.test(stampOf(file)))
    .toSorted()
    .toReversed()
  const oldest = new Date(nowMs - ageMaxDays * DAY_MS).toISOString().replaceAll(":", "-").slice(0, -1)
  for (const [at, file] of newestFirst.entries()) {
    const isTooMany = backupsMax > 0 && at >= backupsMax
    const isTooOld = ageMaxDays > 0 && stampOf(file) < oldest
    if (isTooMany || isTooOld) rmSync(join(dirname(path), file), { force: true })
  }
}
