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
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.tmp`
  const descriptor = openSync(temporary, "w", 0o600)
  try {
    writeSync(descriptor, text)
    if (options.durable) fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, file)
}
