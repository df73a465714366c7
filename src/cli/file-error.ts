/** What a person can do about a file that cannot be read or written. */
const fixes: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the disk is full. Free some space, then try again."],
  ["EDQUOT", "the disk quota is used up. Free some space, then try again."],
  ["EROFS", "the file system is read-only. Mount it writable, or choose another folder."],
  ["EACCES", "permission is denied. Change the permissions, or run this with sudo."],
  ["EIO", "the disk reports an error. Look at the kernel's log: dmesg."],
])

/** The cause and the fix, in one sentence each, of an error that is the disk's and not ours; undefined for others. */
export function describeFileError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined
  const fix = fixes.get(error.code)
  if (fix === undefined) return undefined
  const path = "path" in error && typeof error.path === "string" ? error.path : error.message
  return `cannot use ${path}: ${fix}`
}
