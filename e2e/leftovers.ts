import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import type { ClusterRecord } from "../src/cmd/cluster/record.ts"
import { detectCgroups } from "../src/platform/linux/cgroups.ts"
import { readMountTable } from "../src/platform/linux/mount-table.ts"
import { succeed } from "./command.ts"

/** What of a cluster is on this machine outside its data folder, one line each: empty when it is down. */
export async function leftovers(record: ClusterRecord): Promise<string[]> {
  const { devicePrefix, runDir, cgroup } = layoutOf(record)
  const own = new RegExp(`\\b${devicePrefix}(?![0-9])`)
  return [
    ...processesOf(record, runDir),
    ...readMountTable()
      .map(({ mountPoint }) => mountPoint)
      .filter((point) => [runDir, record.dataDir].some((folder) => point.startsWith(`${folder}/`)))
      .map((point) => `mount ${point}`),
    ...devices()
      .filter((name) => own.test(name) || podDevicePrefixes(record).some((prefix) => name.startsWith(prefix)))
      .map((name) => `device ${name}`),
    ...(await succeed("nft", ["list", "tables"])).split("\n").filter((line) => own.test(line)),
    ...(await succeed("ip", ["route", "show", "table", "all"])).split("\n").filter((line) => isOwnRoute(line, record)),
    ...cgroupRoots()
      .map((root) => join(root, cgroup))
      .filter((folder) => existsSync(folder))
      .map((folder) => `cgroup ${folder}`),
    ...[runDir, `${runDir}.lock`].filter((path) => existsSync(path)).map((path) => `file ${path}`),
  ]
}

/** Server, agents, monitors of containers and whatever else has the cluster in its command line. */
function processesOf({ name, dataDir }: ClusterRecord, runDir: string): string[] {
  const marks = [`\0--name\0${name}\0`, `${runDir}/`, `${dataDir}/`]
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const commandLine = readCommandLine(pid)
      const isOurs = marks.some((mark) => commandLine.includes(mark))
      return isOurs ? [`process ${pid} ${commandLine.replaceAll("\0", " ")}`] : []
    })
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8")
  } catch {
    // It has ended in the meantime.
    return ""
  }
}

/** Also those that are down, which the `os` module leaves out. */
const devices = (): string[] => [...new Set([...readdirSync("/sys/class/net"), ...Object.keys(networkInterfaces())])]

/** Names of the devices of pods derive from their bridge's, because device names are short. */
function podDevicePrefixes(record: ClusterRecord): string[] {
  const layout = layoutOf(record)
  return record.nodes.map(({ name }) => {
    const { bridge } = layout.node(name)
    return `gv${createHash("sha256").update(bridge).digest("hex").slice(0, 4)}-`
  })
}

function isOwnRoute(line: string, record: ClusterRecord): boolean {
  const { podCidr, serviceCidr, nodeCidr } = layoutOf(record)
  return [podCidr, serviceCidr, nodeCidr].some((cidr) => line.includes(` ${cidr}`) || line.startsWith(cidr))
}

function cgroupRoots(): string[] {
  const { controllers, unified } = detectCgroups()
  return [...new Set([...controllers.values(), ...(unified === undefined ? [] : [unified])])]
}
