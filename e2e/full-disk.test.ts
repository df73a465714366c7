import assert from "node:assert/strict"
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { mount, unmount } from "../src/platform/linux/mount.ts"
import { hasCode } from "../src/platform/linux/system-error.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { containerOf, podOf, podView, untilPod } from "./pod-view.ts"

const DISK_MB = 48
const MB = 1_000_000
/** Its default, five minutes, is for larger disks. */
const CONFIG = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
evictionPressureTransitionPeriod: 1s
`
const sleeps = { command: ["sleep", "100000"] }
const critical = { priorityClassName: "system-node-critical" }

/** The folders of a node, and of what it logs, on a small disk of their own that fills up. */
describe("a node whose disk is full", () => {
  let cluster: TestCluster
  let disk: string
  let fill: string
  const mounts: string[] = []
  before(async () => {
    cluster = await prepareTestCluster("full-disk")
    disk = join(cluster.folder, "disk")
    fill = join(disk, "fill")
    const config = join(cluster.folder, "kubelet.yaml")
    writeFileSync(config, CONFIG)
    await cluster.up(["--kubelet-config", config])
    await cluster.loadBusybox()
    await cluster.gantry("down")
    mkdirSync(disk)
    mount("tmpfs", disk, { type: "tmpfs", data: `size=${DISK_MB}m,mode=0711` })
    mounts.push(disk)
    for (const name of ["nodes", "logs"]) {
      const [source, target] = [join(disk, name), join(cluster.dataDir, name)]
      cpSync(target, source, { recursive: true })
      mount(source, target, { flags: ["bind"] })
      mounts.push(target)
    }
    await cluster.up()
    await cluster.apply(podOf("steady", sleeps, critical))
    await untilPod(cluster, "steady", "runs", ({ ready }) => ready)
  })
  after(async () => {
    await cluster.gantry("down")
    for (const folder of mounts.toReversed()) unmount(folder)
    await cluster.down()
  })

  const condition = async (type: string) => {
    const { items } = await cluster.get<{ items: { status: { conditions: { type: string; status: string }[] } }[] }>(
      "nodes",
    )
    return items[0]?.status.conditions.find((each) => each.type === type)?.status
  }
  const untilPressure = (status: string) =>
    until(`DiskPressure is ${status}`, async () => (await condition("DiskPressure")) === status)
  /** To the last byte. */
  const fillUp = () => {
    for (const size of [MB, 1000, 1]) {
      try {
        for (;;) writeFileSync(fill, Buffer.alloc(size), { flag: "a" })
      } catch (error) {
        if (!hasCode(error, "ENOSPC")) throw error
      }
    }
  }
  /** Every record that the agent has on disk can be read. */
  const readRecords = () => {
    const { dataDir } = layoutOf(cluster.record).node(cluster.record.nodes[0]?.name ?? "")
    const files = readdirSync(dataDir, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"))
    assert.ok(files.length > 0)
    for (const file of files.filter((each) => !each.includes("rootfs"))) {
      assert.doesNotThrow(() => JSON.parse(readFileSync(join(dataDir, file), "utf8")), file)
    }
  }

  it("evicts the pod that fills it, says so, and takes pods again", async () => {
    const filler = { command: ["sh", "-c", `dd if=/dev/zero of=/data/fill bs=1M count=${DISK_MB}; sleep 100000`] }
    const volumes = [{ name: "data", emptyDir: {} }]
    await cluster.apply(
      podOf("filler", { ...filler, volumeMounts: [{ name: "data", mountPath: "/data" }] }, { volumes }),
    )
    await until("the filler is evicted", async () => (await podView(cluster, "filler")).status.reason === "Evicted")
    const { message } = (await podView(cluster, "filler")).status
    assert.match(message ?? "", /^The node was low on resource: ephemeral-storage\. Threshold quantity: /)
    await untilPressure("False")
    await cluster.apply(podOf("next", sleeps))
    await untilPod(cluster, "next", "runs", ({ ready }) => ready)
  })

  it("goes on, ends pods, restarts its agent, and recovers when there is room again", async () => {
    const before = containerOf(await podView(cluster, "steady")).containerID
    fillUp()
    const agent = cluster.agentPid()
    await untilPressure("True")
    await until("the pod that is not critical is evicted", async () => {
      return (await podView(cluster, "next")).status.reason === "Evicted"
    })
    assert.equal(cluster.agentPid(), agent)
    readRecords()
    fillUp()
    await cluster.kill("agent")
    await cluster.up()
    fillUp()
    await cluster.kubectl("delete pod next filler --timeout=50s")
    assert.equal(await cluster.kubectl("exec steady -- echo here"), "here\n")
    readRecords()

    rmSync(fill)
    await untilPressure("False")
    await cluster.apply(podOf("after", sleeps))
    await untilPod(cluster, "after", "runs", ({ ready }) => ready)
    const { containerID, restartCount } = containerOf(await podView(cluster, "steady"))
    assert.deepEqual([containerID, restartCount], [before, 0])
    readRecords()
  })
})
