import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { unmount } from "../../../platform/linux/mount.ts"
import { readMountTable } from "../../../platform/linux/mount-table.ts"
import { makeLayer } from "../../oci/testing/machine.ts"

/** A containerd of a test, with folders, configuration and images of its own. The machine's service is left alone. */
export interface StockContainerd {
  readonly folder: string
  readonly endpoint: string
  readonly image: string
  /** Where it looks for networks of pods. */
  readonly confDir: string
  /** Takes an archive as `docker save` makes them. */
  load(archive: string): void
  /** Ends it, without its containers, and starts it anew. */
  restart(): Promise<void>
  /** Ends it, and removes everything. Containers must be gone. */
  close(): Promise<void>
}

/** Where containerd, its shim and ctr are: those of the distribution, unless another release is to be held to the tests. */
const PROGRAMS_DIR = process.env["GANTRY_CONTAINERD_DIR"] ?? "/usr/bin"
const [CONTAINERD, CTR] = [join(PROGRAMS_DIR, "containerd"), join(PROGRAMS_DIR, "ctr")]
/** For a test's `skip`. */
export const withoutContainerd: string | false = [CONTAINERD, CTR].every((path) => existsSync(path))
  ? false
  : "needs the package containerd"

const IMAGE = "docker.io/library/busybox:latest"

/** `wires`: pods have a network, with nothing but a loopback. Otherwise somebody has to bring one before they can run. */
export async function startStockContainerd({ wires }: { readonly wires: boolean }): Promise<StockContainerd> {
  const folder = mkdtempSync(join(tmpdir(), "gantry-containerd-"))
  const [root, state] = [join(folder, "root"), join(folder, "state")]
  const socket = join(folder, "containerd.sock")
  const confDir = join(folder, "cni/net.d")
  if (wires) writeNetwork(confDir, join(folder, "cni/bin"))
  writeFileSync(join(folder, "config.toml"), configuration(folder, { root, state, socket }))
  const start = () => startProcess(join(folder, "config.toml"))
  let child = await start()
  const stop = async () => {
    const ended = once(child, "exit")
    child.kill("SIGTERM")
    await ended
  }
  const load = (archive: string) => void execFileSync(CTR, ["-a", socket, "-n", "k8s.io", "images", "import", archive])
  load(writeImage(folder))
  return {
    folder,
    endpoint: `unix://${socket}`,
    image: IMAGE,
    confDir,
    load,
    async restart() {
      await stop()
      child = await start()
    },
    async close() {
      await stop()
      for (const { mountPoint } of readMountTable().toReversed()) {
        if (mountPoint.startsWith(`${folder}/`)) unmount(mountPoint)
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when it serves. */
async function startProcess(config: string): Promise<ChildProcess> {
  const env = { ...process.env, PATH: `${PROGRAMS_DIR}:${process.env["PATH"]}` }
  const child = spawn(CONTAINERD, ["--config", config], { stdio: ["ignore", "ignore", "pipe"], env })
  const words: string[] = []
  const serves = Promise.withResolvers<void>()
  child.stderr.on("data", (chunk: Buffer) => {
    words.push(chunk.toString())
    if (chunk.includes("successfully booted")) serves.resolve()
  })
  child.once("exit", () => serves.reject(new Error(`containerd has ended:\n${words.join("")}`)))
  await serves.promise
  return child
}

interface Places {
  readonly root: string
  readonly state: string
  readonly socket: string
}

function configuration(folder: string, { root, socket, state }: Places): string {
  return `version = 2
root = "${root}"
state = "${state}"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  # Machines of tests may forbid what keeps the kernel from killing sandboxes first.
  restrict_oom_score_adj = true
  sandbox_image = "${IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${join(folder, "cni/bin")}"
    conf_dir = "${join(folder, "cni/net.d")}"
`
}

/** A plugin that does nothing, and one that brings the loopback up. */
function writeNetwork(conf: string, bin: string): void {
  for (const each of [bin, conf]) mkdirSync(each, { recursive: true })
  const answer = (addresses: string) =>
    `echo '{"cniVersion":"0.3.1","interfaces":[{"name":"'$CNI_IFNAME'","sandbox":"'$CNI_NETNS'"}],"ips":[${addresses}]}'`
  const script = (lines: readonly string[]) => `#!/bin/sh\n[ "$CNI_COMMAND" = ADD ] || exit 0\n${lines.join("\n")}\n`
  const address = `{"version":"4","interface":0,"address":"127.0.0.1/8"}`
  writeFileSync(join(bin, "nothing"), script([answer(address)]), { mode: 0o755 })
  const up = `nsenter --net="$CNI_NETNS" ip link set lo up`
  writeFileSync(join(bin, "loopback"), script([up, answer(address)]), { mode: 0o755 })
  const plugins = [{ type: "nothing" }]
  writeFileSync(join(conf, "10.conflist"), JSON.stringify({ cniVersion: "0.3.1", name: "nothing", plugins }))
}

/** The machine's busybox, as an archive. It is the pods' sandbox as well, and sleeps then. */
function writeImage(folder: string): string {
  const work = join(folder, "image")
  const layer = join(work, "layer")
  makeLayer(layer)
  execFileSync("tar", ["-C", layer, "-cf", join(work, "layer.tar"), "."])
  const digest = createHash("sha256")
    .update(readFileSync(join(work, "layer.tar")))
    .digest("hex")
  const config = {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: { Env: ["PATH=/bin"], Cmd: ["/bin/sleep", "100000"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
  }
  writeFileSync(join(work, "config.json"), JSON.stringify(config))
  writeFileSync(
    join(work, "manifest.json"),
    JSON.stringify([{ Config: "config.json", RepoTags: [IMAGE], Layers: ["layer.tar"] }]),
  )
  const archive = join(folder, "image.tar")
  execFileSync("tar", ["-C", work, "-cf", archive, "layer.tar", "config.json", "manifest.json"])
  rmSync(work, { recursive: true })
  return archive
}
