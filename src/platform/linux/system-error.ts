import { getSystemErrorMap } from "node:util"

/** A failed system call: which one, why, and on what. `errno` is the kernel's positive number, `code` its name (`ENOENT`). */
export class SystemError extends Error {
  override readonly name = "SystemError"
  readonly syscall: string
  readonly errno: number
  readonly code: string

  /** `detail` says what the call was about, such as a path: it ends the message. */
  constructor(syscall: string, errno: number, detail?: string) {
    // Node's table is keyed by the negated number.
    const [code, text] = getSystemErrorMap().get(-errno) ?? moreErrors.get(errno) ?? [`E${errno}`, "unknown error"]
    super(`${syscall}: ${text} (${code})${detail === undefined ? "" : `: ${detail}`}`)
    this.syscall = syscall
    this.errno = errno
    this.code = code
  }
}

/** True when `error` is a failed system call, here or in Node, with one of the given codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code)
}

// Errors that Linux gives and libuv's table leaves out.
const moreErrors: ReadonlyMap<number, readonly [string, string]> = new Map([
  [38, ["ENOSYS", "function not implemented"]],
  [61, ["ENODATA", "no data available"]],
  [62, ["ETIME", "timer expired"]],
  [87, ["EUSERS", "too many users"]],
  [90, ["EMSGSIZE", "message too long"]],
  [116, ["ESTALE", "stale file handle"]],
  [117, ["EUCLEAN", "structure needs cleaning"]],
  [122, ["EDQUOT", "disk quota exceeded"]],
])
