import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { type ImageConfig, ImageError } from "../../../images/images.ts"
import { unmount } from "../../../platform/linux/mount.ts"
import { readMountTable } from "../../../platform/linux/mount-table.ts"
import { createNodePlatform } from "../../../platform/node/platform.ts"
import { Fixture } from "../../conformance/fixture.ts"
import type { PodNetwork } from "../../pod-network.ts"
import type { ContainerRuntime } from "../../runtime.ts"
import { detectCgroups } from "../cgroups.ts"
import type { RuntimeImages } from "../context.ts"
import { type OciRuntimeOptions, openOciRuntime } from "../open.ts"

/** Real containers for tests: folders and a cgroup of their own, an image made of the machine's busybox, no network. */
export interface TestMachine {
  readonly root: string
  /** Below every cgroup hierarchy. */
  readonly cgroup: string
  readonly options: OciRuntimeOptions
  open(overrides?: Partial<OciRuntimeOptions>): Promise<ContainerRuntime>
  /** Pods and containers on a runtime of this machine. */
  fixture(runtime: ContainerRuntime): Fixture
  /** What is left of sandboxes and containers: mounts, cgroups and folders. */
  leftovers(): string[]
  /** Ends and removes everything; call it when the tests are over. */
  remove(): Promise<void>
}

export const testImage = "busybox"

/** `root` is the folder of an earlier machine whose process has ended. */
export function createTestMachine(root = mkdtempSync(join(tmpdir(), "gantry-runtime-"))): TestMachine {
  const cgroup = `/${basename(root)}`
  const images = createTestImages(root)
  const options: OciRuntimeOptions = {
    dataDir: join(root, "data"),
    stateDir: join(root, "state"),
    platform: createNodePlatform({ logLevel: "warn" }),
    images,
    network: loopbackOnly,
  }
  const opened = new Set<ContainerRuntime>()
  const open = async (overrides: Partial<OciRuntimeOptions> = {}) => {
    const runtime = await openOciRuntime({ ...options, ...overrides })
    opened.add(runtime)
    return runtime
  }
  const mountsBelow = () =>
    readMountTable().flatMap(({ mountPoint }) => (mountPoint.startsWith(`${root}/`) ? [mountPoint] : []))
  return {
    root,
    cgroup,
    options,
    open,
    fixture: (runtime) =>
      new Fixture({
        runtime,
        image: testImage,
        cgroupParent: cgroup,
        logDirectory: join(root, "logs"),
        settle: (promise) => promise,
        close: async () => undefined,
      }),
    leftovers: () => [
      ...mountsBelow(),
      ...filesBelow(options.dataDir, ["sandboxes", "containers"]),
      ...filesBelow(options.stateDir, ["sandboxes", "containers", "exits", "oci/crun", "oci/runc"]),
      ...filesBelow(
        "/sys/fs/cgroup",
        hierarchies.map((hierarchy) => join(hierarchy, cgroup)),
        "d",
      ),
    ],
    async remove() {
      for (const runtime of opened) await runtime.close()
      const runtime = await openOciRuntime(options)
      for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id)
      await runtime.close()
      for (const mountPoint of mountsBelow().toReversed()) unmount(mountPoint)
      detectCgroups().remove(cgroup)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** The entries of a container's log, with a line break where the entry ends a line. */
export function readLog(path: string): { readonly stream: string; readonly text: string }[] {
  const lines = readFileSync(path, "utf8").split("\n")
  return lines.flatMap((line) => {
    const [, stream = "", tag, text = ""] = /^\S+ (\S+) ([FP]) (.*)$/s.exec(line) ?? []
    return tag === undefined ? [] : [{ stream, text: tag === "F" ? `${text}\n` : text }]
  })
}

/** Where a group of either cgroup version is, relative to the mount point. */
const hierarchies = [".", ...readdirSync("/sys/fs/cgroup")]

function filesBelow(base: string, folders: readonly string[], type?: "d"): string[] {
  const existing = folders.filter((folder) => existsSync(join(base, folder)))
  if (existing.length === 0) return []
  const found = execFileSync("find", [
    ...existing.map((folder) => join(base, folder)),
    "-mindepth",
    "1",
    ...(type === undefined ? [] : ["-type", type]),
  ])
  return found
    .toString()
    .split("\n")
    .filter((line) => line !== "")
}

/** The runtime has brought `lo` up; nothing else is needed here. */
const loopbackOnly: PodNetwork = {
  setUp: async () => ({ ips: ["127.0.0.1"] }),
  tearDown: async () => undefined,
  status: async () => ({ ready: true, reason: "", message: "" }),
}

const config: ImageConfig = {
  user: "",
  env: ["FROM_IMAGE=yes", "PATH=/bin"],
  entrypoint: [],
  cmd: ["/bin/sh"],
  workingDir: "",
  exposedPorts: [],
  volumes: [],
  labels: new Map(),
  stopSignal: "",
}

/** One image, unpacked. */
function createTestImages(root: string): RuntimeImages {
  const layer = join(root, "image")
  if (!existsSync(layer)) makeLayer(layer)
  return {
    async prepareRootfs(ref) {
      if (ref !== testImage) throw new ImageError("NotFound", `no image ${ref}`)
      return { imageId: `sha256:${"1".repeat(64)}`, lowerDirs: [layer], config }
    },
    status: async () => null,
    unpin: async () => undefined,
  }
}

export function makeLayer(layer: string): void {
  for (const folder of ["bin", "etc", "tmp", "proc", "sys", "dev", "data"]) {
    mkdirSync(join(layer, folder), { recursive: true })
  }
  cpSync("/bin/busybox", join(layer, "bin/busybox"))
  execFileSync("chroot", [layer, "/bin/busybox", "--install", "-s", "/bin"])
  writeFileSync(join(layer, "etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:/bin/sh\n")
  writeFileSync(join(layer, "etc/group"), "root:x:0:\napp:x:1001:\nextra:x:2000:app\n")
  writeFileSync(join(layer, "data/hello"), "hello from the image\n")
}
