import { type Dirent, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ContainerConfig } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import type { OciDevice } from "./spec/types.ts"

export type GrantedDevice = OciDevice & { readonly permissions: string }

/** The device nodes of a container: those it names, and with `privileged` all of the machine's. */
export function collectDevices(config: ContainerConfig): GrantedDevice[] {
  const named = config.devices.flatMap(({ hostPath, containerPath, permissions }) => {
    const found = devicesAt(hostPath, containerPath)
    if (found.length === 0) throw new RuntimeError("InvalidArgument", `${hostPath} is no device and holds none`)
    return found.map((device) => ({ ...device, permissions: permissions || "rwm" }))
  })
  if (!config.linux.securityContext.privileged) return named
  const taken = new Set(named.map(({ path }) => path))
  const all = devicesAt("/dev", "/dev").filter(({ path }) => !taken.has(path))
  return [...named, ...all.map((device) => ({ ...device, permissions: "rwm" }))]
}

/** What the runtime mounts or makes there itself. */
const ownFolders = new Set(["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"])
const ownFiles = new Set(["console", "ptmx", "null", "zero", "full", "random", "urandom", "tty"])

function devicesAt(hostPath: string, containerPath: string): OciDevice[] {
  const device = readDevice(hostPath, containerPath)
  if (device !== null) return [device]
  return listFolder(hostPath).flatMap((entry) => {
    const top = hostPath === "/dev"
    if (top && (ownFolders.has(entry.name) || ownFiles.has(entry.name))) return []
    // A link may lead to a device that is listed anyway.
    if (entry.isSymbolicLink()) return []
    const [from, to] = [join(hostPath, entry.name), join(containerPath, entry.name)]
    if (entry.isDirectory()) return devicesAt(from, to)
    const found = entry.isBlockDevice() || entry.isCharacterDevice() ? readDevice(from, to) : null
    return found === null ? [] : [found]
  })
}

function listFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if (hasCode(error, "ENOTDIR", "ENOENT")) return []
    throw error
  }
}

/** Null when there is no device at `hostPath`. */
export function readDevice(hostPath: string, path: string): OciDevice | null {
  let stat: ReturnType<typeof statSync>
  try {
    stat = statSync(hostPath)
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENXIO")) return null
    throw error
  }
  if (stat === undefined || (!stat.isBlockDevice() && !stat.isCharacterDevice())) return null
  const number = BigInt(stat.rdev)
  return {
    path,
    type: stat.isBlockDevice() ? "b" : "c",
    // The C library's `major` and `minor`.
    major: Number(((number >> 32n) & 0xfffff000n) | ((number >> 8n) & 0xfffn)),
    minor: Number(((number >> 12n) & 0xffffff00n) | (number & 0xffn)),
    fileMode: Number(stat.mode) & 0o777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  }
}
