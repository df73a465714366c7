import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { detectCgroups } from "../src/runtime/oci/cgroups.ts"
import { findProgram, handlerCommand, probeHandler } from "../src/runtime/oci/handlers.ts"
import { createLayout } from "../src/runtime/oci/layout.ts"

/** Starts containers that sleep with nothing but `crun run --detach`: the floor of a pod's start. */
export class BareCrun {
  readonly #folder = mkdtempSync(join(tmpdir(), "gantry-bench-crun-"))
  readonly #cgroups = detectCgroups()
  readonly #command: readonly string[]
  readonly #crun: readonly string[]
  #started = 0

  static async open(): Promise<BareCrun> {
    const dir = mkdtempSync(join(tmpdir(), "gantry-bench-probe-"))
    const layout = createLayout(join(dir, "data"), dir)
    try {
      const { processes } = createNodePlatform({ logLevel: "error" })
      return new BareCrun(await probeHandler("crun", processes, detectCgroups(), layout))
    } finally {
      rmSync(dir, { recursive: true })
    }
  }

  private constructor(handler: Parameters<typeof handlerCommand>[0]) {
    const root = join(this.#folder, "state")
    this.#command = handlerCommand(handler, root, this.#cgroups, 'run --detach "$@"')
    this.#crun = [handler.path, "--root", root]
    mkdirSync(join(this.#folder, "rootfs", "bin"), { recursive: true })
    cpSync(findProgram("busybox") ?? "/bin/busybox", join(this.#folder, "rootfs", "bin", "busybox"))
  }

  /** Milliseconds until a container runs. It is gone when this returns. */
  startMs(): number {
    const id = `gantry-bench-${process.pid}-${++this.#started}`
    writeFileSync(join(this.#folder, "config.json"), JSON.stringify(spec(`/${id}`)))
    const [file = "", ...args] = this.#command
    const beganMs = performance.now()
    execFileSync(file, [...args, "--bundle", this.#folder, id], { stdio: "ignore" })
    const tookMs = performance.now() - beganMs
    const [crun = "", ...options] = this.#crun
    execFileSync(crun, [...options, "delete", "--force", id], { stdio: "ignore" })
    this.#cgroups.remove(`/${id}`)
    return tookMs
  }

  close(): void {
    rmSync(this.#folder, { recursive: true })
  }
}

function spec(cgroupsPath: string): object {
  const capabilities = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] }
  const guarded = ["nosuid", "noexec", "nodev"]
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0 },
      args: ["/bin/busybox", "sleep", "1000"],
      env: [],
      cwd: "/",
      capabilities,
    },
    root: { path: "rootfs", readonly: false },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: guarded },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      { destination: "/sys", type: "sysfs", source: "sysfs", options: [...guarded, "ro"] },
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...guarded, "ro"] },
    ],
    linux: {
      cgroupsPath,
      resources: { devices: [{ allow: false, access: "rwm" }], pids: { limit: 16 } },
      namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
    },
  }
}
