import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs"
import { dirname } from "node:path"

/** The text of a file, or undefined when there is none. */
export function readTextIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw error
  }
}

/** Replaces a file in one step, readable by its owner alone. `durable` waits until it is on the disk. */
export function writeAtomically(file: string, text: string, options: { readonly durable?: boolean } = {}): void {
  writeTogether([[file, text]], options)
}

/** The same for files that belong together: they are replaced one right after the other when all are written. */
export function writeTogether(
  files: readonly (readonly [file: string, text: string])[],
  options: { readonly durable?: boolean } = {},
): void {
  const temporaryOf = (file: string) => `${file}.${process.pid}.tmp`
  for (const [file, text] of files) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const descriptor = openSync(temporaryOf(file), "w", 0o600)
    try {
      writeSync(descriptor, text)
      if (options.durable) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
  for (const [file] of files) renameSync(temporaryOf(file), file)
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
