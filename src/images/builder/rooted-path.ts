import { lstatSync, readlinkSync } from "node:fs"
import { join } from "node:path"

const LINKS_MAX = 40 // Linux gives up at the same number.

/**
 * The real path for `path` inside `root`, as if `root` were the root of the file system: links are followed and cannot
 * lead out. What does not exist is taken as it is written. With `followLast` false a link at the end stays.
 */
export function rootedPath(root: string, path: string, followLast = true): string {
  const todo = split(path)
  const done: string[] = []
  for (let links = 0; ; ) {
    const part = todo.shift()
    if (part === undefined) return join(root, ...done)
    if (part === "..") {
      done.pop()
      continue
    }
    const current = join(root, ...done, part)
    const isLink = lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
    if (!isLink || (todo.length === 0 && !followLast)) {
      done.push(part)
      continue
    }
    links++
    if (links > LINKS_MAX) throw new Error(`too many links in ${JSON.stringify(path)}`)
    const target = readlinkSync(current)
    if (target.startsWith("/")) done.length = 0
    todo.unshift(...split(target))
  }
}

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".")
}
