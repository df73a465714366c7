import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { writeAtomically } from "../../platform/linux/files.ts"
import type { Processes } from "../../platform/processes.ts"
import { RuntimeError } from "../errors.ts"
import type { Cgroups } from "./cgroups.ts"
import type { Layout } from "./layout.ts"

/** An OCI runtime that has started a container on this machine. */
export interface OciHandler {
  readonly name: string
  readonly path: string
  readonly version: string
  /**
   * crun before 1.9 refuses a hybrid machine whose unified hierarchy holds controllers. It starts containers all the same
   * from a mount namespace in which that hierarchy is not mounted; everything else it does without.
   */
  readonly hideUnified: boolean
}

export const handlerNames = ["crun", "runc"] as const

/** Of this boot: with another kernel or other settings of it, what works may change. */
const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()

/**
 * Finds out whether a runtime works, by starting a container once. The answer is kept until the machine boots again or
 * the runtime changes, also while the node is down: the container would take as long as the rest of the node's start.
 */
export async function probeHandler(
  name: string,
  processes: Processes,
  cgroups: Cgroups,
  layout: Layout,
): Promise<OciHandler> {
  const path = findProgram(name)
  if (path === null) throw new RuntimeError("Unsupported", `${name} is not installed: apt-get install ${name}`)
  const { size, mtimeMs } = statSync(path)
  const key = JSON.stringify([path, size, mtimeMs, bootId(), cgroups.mode, cgroups.unified?.hasControllers ?? false])
  const cachePath = join(layout.dataDir, `probe-${name}.json`)
  const cached = readCache(cachePath, key)
  if (cached !== null) return cached
  const version = /version (\S+)/.exec((await processes.run(path, ["--version"])).stdout)?.[1] ?? "unknown"
  const failures: string[] = []
  const ways = cgroups.unified === null ? [false] : [false, true]
  // Twice: on cgroup v1 a start fails now and then while other groups come and go (cpuset.mems: no such device).
  for (const hideUnified of [...ways, ...ways]) {
    const handler: OciHandler = { name, path, version, hideUnified }
    const failure = await tryHandler(handler, processes, cgroups, layout)
    if (failure === null) {
      writeAtomically(cachePath, JSON.stringify({ key, handler }), { durable: true })
      return handler
    }
    failures.push(failure)
  }
  throw new RuntimeError(
    "Unsupported",
    `${name} ${version} cannot start a container here: ${failures.slice(-ways.length).join("; ")}`,
  )
}

function readCache(path: string, key: string): OciHandler | null {
  if (!existsSync(path)) return null
  const cache = JSON.parse(readFileSync(path, "utf8")) as { readonly key: string; readonly handler: OciHandler }
  return cache.key === key ? cache.handler : null
}

/**
 * A command line that runs `handler` so that it can start containers here. `command` is shell text that uses what is
 * appended to the command line as `$@`; `prelude` is shell text to run first.
 */
export function handlerCommand(
  handler: OciHandler,
  root: string,
  cgroups: Cgroups,
  command: string,
  prelude = "",
): string[] {
  const run = `${prelude}exec "${handler.path}" --root "${root}" ${command}`
  if (!handler.hideUnified || cgroups.unified === null) return ["/bin/sh", "-c", run, "sh"]
  // Where mounts are shared the unmount would reach the machine, unless the parent is made private first.
  const isolate = cgroups.unified.sharedParent ? `mount --make-private "${cgroups.root}" && ` : ""
  const hide = `${isolate}umount "${cgroups.unified.path}" && `
  // busybox unmounts in its own shell, without starting another program: a tenth of a container's start.
  const busybox = findProgram("busybox")
  const shell = busybox === null ? ["/bin/sh"] : [busybox, "sh"]
  return ["/usr/bin/unshare", "-m", "--propagation", "unchanged", ...shell, "-c", hide + run, "sh"]
}

async function tryHandler(
  handler: OciHandler,
  processes: Processes,
  cgroups: Cgroups,
  layout: Layout,
): Promise<string | null> {
  const bundle = join(layout.stateDir, `probe-${handler.name}`)
  const id = `gantry-probe-${process.pid}`
  mkdirSync(join(bundle, "rootfs"), { recursive: true })
  writeFileSync(join(bundle, "config.json"), JSON.stringify(probeSpec(`/${id}`)))
  try {
    const [program = "", ...args] = handlerCommand(handler, layout.runtimeRoot(handler.name), cgroups, 'run "$@"')
    const result = await processes.run(program, [...args, "--bundle", bundle, id])
    return result.code === 0 ? null : result.stderr.trim() || `exit code ${result.code}`
  } finally {
    rmSync(bundle, { recursive: true, force: true })
    cgroups.remove(`/${id}`)
  }
}

/** A container that runs the machine's own `true`. */
function probeSpec(cgroupsPath: string): object {
  const capabilities = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] }
  const guarded = ["nosuid", "noexec", "nodev"]
  const programs = ["/usr", "/bin", "/lib", "/lib64"].filter((path) => existsSync(path))
  return {
    ociVersion: "1.0.2",
    process: { user: { uid: 0, gid: 0 }, args: ["/usr/bin/true"], env: [], cwd: "/", capabilities },
    root: { path: "rootfs", readonly: false },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: guarded },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      { destination: "/sys", type: "sysfs", source: "sysfs", options: [...guarded, "ro"] },
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...guarded, "ro"] },
      ...programs.map((path) => ({
        destination: path,
        type: "bind",
        source: realpathSync(path),
        options: ["rbind", "ro"],
      })),
    ],
    linux: {
      cgroupsPath,
      resources: { devices: [{ allow: false, access: "rwm" }], pids: { limit: 16 } },
      namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
    },
  }
}

/** Looks where distributions put programs, as the agent's PATH may lack sbin. */
export function findProgram(name: string): string | null {
  const folders = [
    ...(process.env["PATH"] ?? "").split(":"),
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
  ]
  return folders.map((folder) => join(folder, name)).find((path) => path.startsWith("/") && existsSync(path)) ?? null
}
