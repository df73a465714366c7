import { statSync } from "node:fs"
import { isIP } from "node:net"
import { parseResolvConf, type ResolvConf } from "../../machinery/net/resolv-conf.ts"
import { readTextIfPresent } from "../../platform/linux/files.ts"

const NODE_FILE = "/etc/resolv.conf"
/** Where systemd-resolved tells the real servers, when the node's file names only its own, at a loopback address. */
const SYSTEMD_FILE = "/run/systemd/resolve/resolv.conf"

/** The node's own settings, always as the files say now. `file`: instead of the node's, for tests. */
export function nodeResolvConf(file = NODE_FILE): () => ResolvConf {
  let known: { readonly stamp: string; readonly conf: ResolvConf } | undefined
  return () => {
    const stamp = `${stampOf(file)} ${stampOf(SYSTEMD_FILE)}`
    if (known?.stamp !== stamp) known = { stamp, conf: read(file) }
    return known.conf
  }
}

function read(file: string): ResolvConf {
  const conf = parse(file)
  if (file !== NODE_FILE || conf.servers.some((server) => !server.startsWith("127."))) return conf
  const { servers } = parse(SYSTEMD_FILE)
  return servers.length > 0 ? { ...conf, servers } : conf
}

/** Servers that are no addresses cannot be asked. */
function parse(file: string): ResolvConf {
  const conf = parseResolvConf(readTextIfPresent(file) ?? "")
  return { ...conf, servers: conf.servers.filter((server) => isIP(server) !== 0) }
}

function stampOf(path: string): string {
  const { mtimeMs = 0, size = 0, ino = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {}
  return `${ino} ${size} ${mtimeMs}`
}
