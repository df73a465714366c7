import { execFileSync, spawn } from "node:child_process"
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
  /** Ends it, and removes everything. Containers must be gone. */
  close(): Promise<void>
}

const PROGRAMS = ["/usr/bin/containerd", "/usr/bin/ctr"]
/** For a test's `skip`. */
export const withoutContainerd: string | false = PROGRAMS.every((path) => existsSync(path))
  ? false
  : "needs the package containerd"

const IMAGE = "docker.io/library/busybox:latest"

/** Pods have nothing but a loopback. */
export async function startStockContainerd(): Promise<StockContainerd> {
  const folder = mkdtempSync(join(tmpdir(), "gantry-containerd-"))
  const [root, state] = [join(folder, "root"), join(folder, "state")]
  const socket = join(folder, "containerd.sock")
  writeNetwork(folder)
  writeFileSync(join(folder, "config.toml"), configuration(folder, { root, state, socket }))
  const child = spawn("containerd", ["--config", join(folder, "config.toml")], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  const words: string[] = []
  const serves = Promise.withResolvers<void>()
  child.stderr.on("data", (chunk: Buffer) => {
    words.push(chunk.toString())
    if (words.join("").includes("successfully booted")) serves.resolve()
  })
  child.once("exit", () => serves.reject(new Error(`containerd has ended:\n${words.join("")}`)))
  await serves.promise
  importImage(folder, socket)
  return {
    folder,
    endpoint: `unix://${socket}`,
    image: IMAGE,
    async close() {
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      await ended
      for (const { mountPoint } of readMountTable().toReversed()) {
        if (mountPoint.startsWith(`${folder}/`)) unmount(mountPoint)
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
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
function writeNetwork(folder: string): void {
  const [bin, conf] = [join(folder, "cni/bin"), join(folder, "cni/net.d")]
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

/** The machine's busybox. It is the pods' sandbox as well, and sleeps then. */
function importImage(folder: string, socket: string): void {
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
  execFileSync("tar", ["-C", work, "-cf", join(folder, "image.tar"), "layer.tar", "config.json", "manifest.json"])
  execFileSync("ctr", ["-a", socket, "-n", "k8s.io", "images", "import", join(folder, "image.tar")])
  rmSync(work, { recursive: true })
}
