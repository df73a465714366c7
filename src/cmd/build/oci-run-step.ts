import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { RunMount, RunStep, RunStepEnd, RunStepOptions, RunStepSpec } from "../../images/builder/run-step.ts"
import { processExists } from "../../platform/linux/processes.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ChildHandle } from "../../platform/processes.ts"
import { type Cgroups, detectCgroups } from "../../runtime/oci/cgroups.ts"
import { findProgram, handlerCommand, handlerNames, type OciHandler, probeHandler } from "../../runtime/oci/handlers.ts"
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
import type { ClusterLayout } from "../cluster/layout.ts"

const guarded = ["nosuid", "noexec", "nodev"]
const DELETE_AGAIN_MS = 50
const YEAR_MS = 365 * 86_400_000

export interface OciRunOptions {
  readonly platform: Platform
  /** On a tmpfs. */
  readonly stateDir: string
  /** Parent of the cgroups of RUN, below each hierarchy's root. */
  readonly cgroup: string
}

/**
 * Executes RUN with crun or runc: own processes, mounts, host name and capabilities like any container's, the machine's
 * network, no limits.
 */
export class OciRunStep implements RunStep {
  readonly #platform: Platform
  readonly #layout: Layout
  readonly #cgroup: string
  readonly #cgroups: Cgroups
  readonly #machine: MachineFacts
  #handler: Promise<OciHandler> | null = null

  constructor({ platform, stateDir, cgroup }: OciRunOptions) {
    this.#platform = platform
    this.#cgroup = cgroup
    this.#layout = createLayout(stateDir, stateDir)
    this.#cgroups = detectCgroups()
    this.#machine = readMachineFacts(this.#cgroups)
  }

  async run(step: RunStepSpec, options: RunStepOptions): Promise<RunStepEnd> {
    options.signal?.throwIfAborted()
    this.#handler ??= this.removeLeftovers().then(() => this.#firstThatWorks())
    const handler = await this.#handler
    // Who started it, to tell later whether it was left behind.
    const id = `build-${process.pid}-${Buffer.from(this.#platform.random.bytes(8)).toString("hex")}`
    const bundle = join(this.#bundles, id)
    const cgroup = `${this.#cgroup}/${id}`
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
      this.#cgroups.remove(cgroup)
      this.#cgroups.remove(this.#cgroup)
    }
  }

  /** Ends the programs of builds that were killed. */
  async removeLeftovers(): Promise<void> {
    if (!existsSync(this.#bundles)) return
    for (const id of readdirSync(this.#bundles)) {
      const pid = Number(/^build-(\d+)-/.exec(id)?.[1] ?? 0)
      if (processExists(pid)) continue
      for (const name of handlerNames) {
        if (!existsSync(join(this.#layout.runtimeRoot(name), id))) continue
        await this.#delete({ name, path: findProgram(name) ?? name, version: "", hideUnified: true }, id)
      }
      rmSync(join(this.#bundles, id), { recursive: true, force: true })
      this.#cgroups.remove(`${this.#cgroup}/${id}`)
    }
  }

  get #bundles(): string {
    return join(this.#layout.stateDir, "bundles")
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
    const state = { hasEnded: false, deleted: Promise.resolve() }
    const abort = () => {
      state.deleted = this.#deleteUntil(() => state.hasEnded, handler, id)
    }
    signal?.addEventListener("abort", abort, { once: true })
    if (signal?.aborted) abort()
    try {
      const ended = new Promise((done) => stdout?.once("close", done))
      const { code, signal: killed } = await child.exited
      state.hasEnded = true
      await state.deleted
      signal?.throwIfAborted()
      await ended
      return { exitCode: code ?? (killed === null ? 1 : 128) }
    } finally {
      signal?.removeEventListener("abort", abort)
    }
  }

  /** A container that is only being created cannot be deleted yet, so one attempt is not enough. */
  async #deleteUntil(hasEnded: () => boolean, handler: OciHandler, id: string): Promise<void> {
    while (!hasEnded()) {
      await this.#delete(handler, id)
      await this.#platform.clock.sleep(DELETE_AGAIN_MS)
    }
  }

  async #delete(handler: OciHandler, id: string): Promise<void> {
    const child = this.#start(handler, 'delete --force "$@"', [id], ["ignore", "ignore", "ignore"])
    await this.#awake(() => child.exited)
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

/** What executes RUN in builds for a cluster. */
export function buildRunner(layout: Pick<ClusterLayout, "runDir" | "cgroup">, platform: Platform): OciRunStep {
  return new OciRunStep({ platform, stateDir: join(layout.runDir, "build"), cgroup: `${layout.cgroup}/build` })
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
