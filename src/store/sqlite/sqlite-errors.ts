import { StoreCorruptError, StoreError, StoreFullError, StoreIoError } from "../errors.ts"

/** Primary result codes, https://sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

/** Says what an error of SQLite or the file system means for the store. */
export function translateError(error: unknown, path: string): Error {
  if (error instanceof StoreError) return error
  if (!(error instanceof Error)) return new StoreIoError(path, String(error))
  const { errcode, code } = error as Error & { readonly errcode?: number; readonly code?: string }
  // The lower byte of an extended code is the primary one.
  const primary = errcode === undefined ? undefined : errcode & 0xff
  if (primary === SQLITE_FULL || code === "ENOSPC" || code === "EDQUOT")
    return new StoreFullError(path, { cause: error })
  if (primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB) {
    return new StoreCorruptError(path, error.message, { cause: error })
  }
  if (primary !== undefined || code !== undefined) return new StoreIoError(path, error.message, { cause: error })
  return error
}
