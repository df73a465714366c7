import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { hasCode } from "./system-error.ts"

/** The text of a file, or undefined when there is none. */
export function readTextIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined
    throw error
  }
}

/**
 * What stands in a file as JSON. Undefined when there is none, and when a crash of the machine has cut it short, as may
 * happen to what was not written durably.
 */
export function readJsonIfWhole(file: string): unknown {
  const text = readTextIfPresent(file)
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export interface WriteOptions {
  /** Waits until it is on the disk. */
  readonly durable?: boolean
  /** Default: its owner alone may read it. */
  readonly mode?: number
}

/** Replaces a file in one step: whoever reads it finds the former text or this one, whole. Makes its folder. */
export function writeAtomically(file: string, text: string, options: WriteOptions = {}): void {
  writeTogether([[file, text]], options)
}

/** The same for files that belong together: they are replaced one right after the other when all are written. */
export function writeTogether(
  files: readonly (readonly [file: string, text: string])[],
  options: WriteOptions = {},
): void {
  const temporaryOf = (file: string) => `${file}.${process.pid}.tmp`
  try {
    for (const [file, text] of files) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      const descriptor = openSync(temporaryOf(file), "w", options.mode ?? 0o600)
      try {
        writeFileSync(descriptor, text)
        if (options.durable) fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
    }
    for (const [file] of files) renameSync(temporaryOf(file), file)
  } catch (error) {
    // A full disk must not be left fuller.
    for (const [file] of files) rmSync(temporaryOf(file), { force: true })
    throw error
  }
  if (!options.durable) return
  for (const folder of new Set(files.map(([file]) => dirname(file)))) syncFolder(folder)
}

/** Without it a power cut could bring the former file back. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
