import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { layoutOf, runDirOf } from "../src/cmd/cluster/layout.ts"
import { type ClusterRecord, hasRecord } from "../src/cmd/cluster/record.ts"
import { detectCgroups } from "../src/platform/linux/cgroups.ts"
import { readMountTable } from "../src/platform/linux/mount-table.ts"
import { succeed } from "./command.ts"

/** What of a cluster is on this machine outside its data folder, one line each: empty when it is down. */
export async function leftovers(record: ClusterRecord): Promise<string[]> {
  const { devicePrefix } = layoutOf(record)
  const own = new RegExp(`\\b${devicePrefix}(?![0-9])`)
  return [
    ...leftoversByName(record.name, record.dataDir),
    ...devices()
      .filter((name) => own.test(name) || podDevicePrefixes(record).some((prefix) => name.startsWith(prefix)))
      .map((name) => `device ${name}`),
    ...(await succeed("nft", ["list", "tables"])).split("\n").filter((line) => own.test(line)),
    ...(await succeed("ip", ["route", "show", "table", "all"])).split("\n").filter((line) => isOwnRoute(line, record)),
  ]
}

/** The same for a cluster that never had a record: what is known by its name and folder alone. */
export function leftoversByName(name: string, dataDir: string): string[] {
  const runDir = runDirOf(name)
  return [
    ...processesOf(name, [runDir, dataDir]),
    ...readMountTable()
      .map(({ mountPoint }) => mountPoint)
      .filter((point) => [runDir, dataDir].some((folder) => point.startsWith(`${folder}/`)))
      .map((point) => `mount ${point}`),
    ...cgroupRoots()
      .map((root) => join(root, `gantry-${name}`))
      .filter((folder) => existsSync(folder))
      .map((folder) => `cgroup ${folder}`),
    ...(existsSync(runDir) ? [`folder ${runDir}`] : []),
    // A cluster that is down but not purged keeps its lock.
    ...(existsSync(`${runDir}.lock`) && !hasRecord(name) ? [`file ${runDir}.lock`] : []),
  ]
}

/** Server, agents, monitors of containers and whatever else has the cluster in its command line. */
function processesOf(name: string, folders: readonly string[]): string[] {
  const marks = [`\0--name\0${name}\0`, ...folders.map((folder) => `${folder}/`)]
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const commandLine = readCommandLine(pid)
      const isOurs = marks.some((mark) => commandLine.includes(mark))
      return isOurs ? [`process ${pid} ${commandLine.replaceAll("\0", " ")}`] : []
    })
}

/** Empty when the process has ended. Words are ended by NUL characters. */
export function readCommandLine(pid: string): string {
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
  const cidrs = layoutOf(record).ranges.flatMap(({ podCidr, serviceCidr, nodeCidr }) => [
    podCidr,
    serviceCidr,
    nodeCidr,
  ])
  return cidrs.some((cidr) => line.includes(` ${cidr}`) || line.startsWith(cidr))
}

function cgroupRoots(): string[] {
  const { controllers, unified } = detectCgroups()
  return [...new Set([...controllers.values(), ...(unified === undefined ? [] : [unified])])]
}
