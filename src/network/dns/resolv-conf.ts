import { readFileSync, statSync } from "node:fs"
import { isIP } from "node:net"
import { hasCode } from "../../platform/linux/system-error.ts"

const NODE_FILE = "/etc/resolv.conf"
/** Where systemd-resolved tells the real servers, when the node's file names only its own, at a loopback address. */
const SYSTEMD_FILE = "/run/systemd/resolve/resolv.conf"

/** The addresses after `nameserver`, in order. https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
export function parseNameservers(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [word, address = ""] = line.trim().split(/\s+/)
    return word === "nameserver" && isIP(address) !== 0 ? [address] : []
  })
}

/** The node's own name servers, always as the files say now. `file`: instead of the node's, for tests. */
export function nodeNameservers(file = NODE_FILE): () => readonly string[] {
  let known: { readonly stamp: string; readonly servers: readonly string[] } | undefined
  return () => {
    const stamp = `${stampOf(file)} ${stampOf(SYSTEMD_FILE)}`
    if (known?.stamp !== stamp) known = { stamp, servers: read(file) }
    return known.servers
  }
}

function read(file: string): readonly string[] {
  const servers = parseNameservers(readIfThere(file))
  if (file !== NODE_FILE || servers.some((server) => !server.startsWith("127."))) return servers
  const behind = parseNameservers(readIfThere(SYSTEMD_FILE))
  return behind.length > 0 ? behind : servers
}

function stampOf(path: string): string {
  const { mtimeMs = 0, size = 0, ino = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {}
  return `${ino} ${size} ${mtimeMs}`
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (hasCode(error, "ENOENT")) return ""
    throw error
  }
}
