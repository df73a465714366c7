import { closeSync, constants, fstatSync, readFileSync } from "node:fs"
import { openInRoot } from "../../platform/linux/open.ts"
import { hasCode } from "../../platform/linux/system-error.ts"

const DATABASE_BYTES_MAX = 1024 * 1024
const ID_MAX = 2 ** 32 - 2

/**
 * Reads `--chown`: a user and optionally a group, as names of the image or numbers. A user without group brings the group
 * of the same number, as Docker does. Throws an Error that says which is unknown.
 */
export function resolveOwner(root: string, text: string): { readonly uid: number; readonly gid: number } {
  const [user = "", group] = text.split(":", 2)
  const uid = lookUp(root, "/etc/passwd", user)
  return { uid, gid: group === undefined || group === "" ? uid : lookUp(root, "/etc/group", group) }
}

function lookUp(root: string, database: string, name: string): number {
  for (const line of readDatabase(root, database).split("\n")) {
    const [entry, , id = ""] = line.split(":")
    if (entry === name && /^\d+$/.test(id)) return Number(id)
  }
  if (/^\d+$/.test(name) && Number(name) <= ID_MAX) return Number(name)
  throw new Error(`${JSON.stringify(name)} is not in the image's ${database}, and is no number`)
}

function readDatabase(root: string, path: string): string {
  try {
    const fd = openInRoot(root, path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(fd)
      return stat.isFile() && stat.size <= DATABASE_BYTES_MAX ? readFileSync(fd, "utf8") : ""
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP", "ENXIO")) return ""
    throw error
  }
}

type ChangeMode = (mode: number, isDirectory: boolean) => number

const BITS = new Map([
  ["r", 4],
  ["w", 2],
  ["x", 1],
])

/** Reads `--chmod`: octal, or symbolic as chmod(1) has it (`u=rwX,go=rX`). Throws an Error for anything else. */
export function parseMode(text: string): ChangeMode {
  if (/^[0-7]{1,4}$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    return () => mode
  }
  const clauses = text.split(",").map((clause) => {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause)
    if (!match) throw new Error(`--chmod: found ${JSON.stringify(text)}, expected for example 0755 or u=rwX,go=rX`)
    const [, who = "", operator = "", what = ""] = match
    return { who: who === "" || who.includes("a") ? "ugo" : who, operator, what }
  })
  return (mode, isDirectory) =>
    clauses.reduce((current, { who, operator, what }) => {
      const { mask, bits } = symbolicBits(current, isDirectory, who, what)
      if (operator === "+") return current | bits
      if (operator === "-") return current & ~bits
      return (current & ~mask) | bits
    }, mode)
}

function symbolicBits(mode: number, isDirectory: boolean, who: string, what: string): { mask: number; bits: number } {
  let mask = 0
  let bits = 0
  let permissions = 0
  for (const letter of what) permissions |= BITS.get(letter) ?? 0
  if (what.includes("X") && (isDirectory || (mode & 0o111) !== 0)) permissions |= 1
  for (const [letter, shift, special] of [
    ["u", 6, 0o4000],
    ["g", 3, 0o2000],
    ["o", 0, 0],
  ] as const) {
    if (!who.includes(letter)) continue
    mask |= (7 << shift) | special
    bits |= permissions << shift
    if (what.includes("s")) bits |= special
  }
  if (what.includes("t")) bits |= 0o1000
  return { mask, bits }
}
