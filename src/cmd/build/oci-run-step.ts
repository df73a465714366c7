import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { RunMount, RunStep, RunStepEnd, RunStepOptions, RunStepSpec } from "../../images/builder/run-step.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ChildHandle } from "../../platform/processes.ts"
import { type Cgroups, detectCgroups } from "../../runtime/oci/cgroups.ts"
import { handlerCommand, handlerNames, type OciHandler, probeHandler } from "../../runtime/oci/handlers.ts"
import { createLayout, type Layout } from "../../runtime/oci/layout.ts"
import { readMachineFacts } from "../../runtime/oci/machine.ts"
import { readInRootfs } from "../../runtime/oci/rootfs.ts"
import { seccompAnnotations } from "../../runtime/oci/seccomp-program.ts"
import { resolveCapabilities } from "../../runtime/oci/spec/capabilities.ts"
import type { MachineFacts } from "../../runtime/oci/spec/container-spec.ts"
import { defaultMaskedPaths, defaultReadonlyPaths } from "../../runtime/oci/spec/paths.ts"
import { defaultSeccompProfile } from "../../runtime/oci/spec/seccomp.ts"
import type { OciMount, OciSpec } from "../../runtime/oci/spec/types.ts"
import { resolveUser } from "../../runtime/oci/spec/users.ts"

const guarded = ["nosuid", "noexec", "nodev"]
const YEAR_MS = 365 * 86_400_000
/** Parent of the cgroups of RUN. */
const CGROUP = "/gantry-build"

/**
 * Executes RUN with crun or runc: own processes, mounts, host name and capabilities like any container's, the machine's
 * network, no limits. `stateDir` is on a tmpfs.
 */
export class OciRunStep implements RunStep {
  readonly #platform: Platform
  readonly #layout: Layout
  readonly #cgroups: Cgroups
  readonly #machine: MachineFacts
  #handler: Promise<OciHandler> | null = null

  constructor(platform: Platform, stateDir: string) {
    this.#platform = platform
    this.#layout = createLayout(stateDir, stateDir)
    this.#cgroups = detectCgroups()
    this.#machine = readMachineFacts(this.#cgroups.mode)
  }

  async run(step: RunStepSpec, options: RunStepOptions): Promise<RunStepEnd> {
    options.signal?.throwIfAborted()
    this.#handler ??= this.#firstThatWorks()
    const handler = await this.#handler
    const id = `build-${Buffer.from(this.#platform.random.bytes(8)).toString("hex")}`
    const bundle = join(this.#layout.stateDir, "bundles", id)
    const cgroup = `${CGROUP}/${id}`
    mkdirSync(bundle, { recursive: true, mode: 0o700 })
    try {
      const spec = buildSpec(step, cgroup, this.#machine)
      const annotated = { ...spec, ...seccompAnnotations(handler, spec.linux.seccomp) }
      writeFileSync(join(bundle, "config.json"), JSON.stringify(annotated))
      // One pipe for both, so that what was printed first also arrives first.
      const child = this.#start(handler, 'run "$@" 2>&1', ["--bundle", bundle, id], ["ignore", "pipe", "inherit"])
      return await this.#awake(() => this.#finish(handler, child, id, options))
    } finally {
      rmSync(bundle, { recursive: true, force: true })
      this.#cgroups.remove(CGROUP)
    }
  }

  /** A child in a session of its own does not keep this process from ending. */
  async #awake<T>(work: () => Promise<T>): Promise<T> {
    const done = new AbortController()
    void this.#platform.clock.sleep(YEAR_MS, done.signal).catch(() => undefined)
    try {
      return await work()
    } finally {
      done.abort()
    }
  }

  async #finish(handler: OciHandler, child: ChildHandle, id: string, options: RunStepOptions): Promise<RunStepEnd> {
    const { signal, onOutput } = options
    const { stdout } = child
    stdout?.on("data", onOutput)
    const deleted = { work: Promise.resolve() }
    const abort = () => {
      deleted.work = this.#delete(handler, id)
    }
    signal?.addEventListener("abort", abort, { once: true })
    try {
      const ended = new Promise((done) => stdout?.once("close", done))
      const { code, signal: killed } = await child.exited
      await deleted.work
      signal?.throwIfAborted()
      await ended
      return { exitCode: code ?? (killed === null ? 1 : 128) }
    } finally {
      signal?.removeEventListener("abort", abort)
    }
  }

  async #delete(handler: OciHandler, id: string): Promise<void> {
    const child = this.#start(handler, 'delete --force "$@"', [id], ["ignore", "ignore", "ignore"])
    await child.exited
  }

  #start(
    handler: OciHandler,
    command: string,
    args: readonly string[],
    stdio: readonly ("pipe" | "ignore" | "inherit")[],
  ) {
    const root = this.#layout.runtimeRoot(handler.name)
    const [program = "", ...rest] = handlerCommand(handler, root, this.#cgroups, command)
    // In a session of its own: Ctrl-C is for gantry, which then ends the program in order.
    return this.#platform.processes.spawn(program, [...rest, ...args], { stdio, detached: true })
  }

  async #firstThatWorks(): Promise<OciHandler> {
    mkdirSync(this.#layout.stateDir, { recursive: true, mode: 0o700 })
    const failures: unknown[] = []
    for (const name of handlerNames) {
      try {
        return await probeHandler(name, this.#platform.processes, this.#cgroups, this.#layout)
      } catch (error) {
        failures.push(error)
      }
    }
    throw new AggregateError(
      failures,
      failures.map((error) => (error instanceof Error ? error.message : "")).join("; "),
    )
  }
}

function buildSpec(step: RunStepSpec, cgroupsPath: string, machine: MachineFacts): OciSpec {
  const databases = { passwd: readInRootfs(step.rootfs, "/etc/passwd"), group: readInRootfs(step.rootfs, "/etc/group") }
  const { capabilities } = resolveCapabilities({
    privileged: false,
    add: [],
    drop: [],
    available: machine.capabilities,
  })
  const seccomp = machine.seccomp ? defaultSeccompProfile(machine.arch, capabilities.bounding) : null
  const own = ["pid", "mount", "ipc", "uts"] as const
  return {
    ociVersion: "1.0.2",
    hostname: "build",
    process: {
      terminal: false,
      user: resolveUser({ imageUser: step.user, supplementalGroups: [], ...databases }),
      args: step.args,
      env: step.env,
      cwd: step.cwd,
      capabilities,
      noNewPrivileges: false,
    },
    root: { path: step.rootfs, readonly: false },
    mounts: [...fixedMounts, ...step.mounts.map(ociMount)],
    linux: {
      namespaces: [
        ...own.map((type) => ({ type })),
        ...(step.network === "none" ? [{ type: "network" as const }] : []),
        ...(machine.cgroupMode === "v2" ? [{ type: "cgroup" as const }] : []),
      ],
      devices: [],
      cgroupsPath,
      resources: { devices: [{ allow: false, access: "rwm" }] },
      maskedPaths: defaultMaskedPaths,
      readonlyPaths: defaultReadonlyPaths,
      ...(seccomp === null ? {} : { seccomp }),
    },
  }
}

const fixedMounts: readonly OciMount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: guarded },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...guarded, "mode=1777", "size=65536k"] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: guarded },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: [...guarded, "ro"] },
  { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...guarded, "relatime", "ro"] },
]

function ociMount(mount: RunMount): OciMount {
  if (mount.type === "tmpfs") {
    const size = mount.sizeBytes === null ? [] : [`size=${mount.sizeBytes}`]
    return { destination: mount.target, type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", ...size] }
  }
  const access = mount.readonly ? "ro" : "rw"
  return { destination: mount.target, type: "bind", source: mount.source, options: ["rbind", "rprivate", access] }
}
