import assert from "node:assert/strict"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { BUSYBOX } from "./busybox-image.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"

const manifest = (says: string) => `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: web
    image: ${BUSYBOX}
    command: [sh, -c, "echo ${says}; exec sleep 100000"]
`

describe("static pods", () => {
  let cluster: TestCluster
  let file: string
  let mirror: string
  before(async () => {
    cluster = await startTestCluster({ name: "static" })
    const node = cluster.record.nodes[0]?.name ?? ""
    mirror = `web-${node}`
    file = join(layoutOf(cluster.record).node(node).dataDir, "manifests", "web.yaml")
  })
  after(() => cluster.down())

  /** Whole at once, as tools write them. */
  const write = (text: string) => {
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  }
  const find = async (): Promise<Pod | undefined> => {
    const { code, stdout } = await cluster.tryKubectl(["get", "pod", mirror, "-o", "json", "--ignore-not-found"])
    return code === 0 && stdout !== "" ? (JSON.parse(stdout) as Pod) : undefined
  }
  const running = async (holds: (pod: Pod) => boolean = () => true): Promise<Pod> => {
    let found: Pod | undefined
    await until("the mirror pod shows that its pod runs", async () => {
      found = await find()
      return found !== undefined && found.status.phase === "Running" && holds(found)
    })
    assert.ok(found)
    return found
  }
  const containerOf = ({ status }: Pod) => status.containerStatuses?.[0]?.containerID

  it("run as soon as their file is there, and kubectl shows them", async () => {
    write(manifest("first"))
    await running()
    assert.equal(await cluster.kubectl(`logs ${mirror}`), "first\n")
    assert.equal(await cluster.kubectl(`exec ${mirror} -- echo here`), "here\n")
  })

  it("outlive the deletion of their mirror", async () => {
    const before = await running()
    await cluster.kubectl(`delete pod ${mirror} --wait=false`)
    const now = await running(({ metadata }) => metadata.uid !== before.metadata.uid)
    assert.equal(containerOf(now), containerOf(before))
  })

  it("change with their file, and end with it, while the server is away too", async () => {
    const before = await running()
    await cluster.kill("server")
    write(manifest("second"))
    await cluster.up()
    const now = await running((pod) => containerOf(pod) !== containerOf(before) && containerOf(pod) !== undefined)
    assert.equal(await cluster.kubectl(`logs ${mirror}`), "second\n")
    assert.notEqual(now.metadata.uid, before.metadata.uid)
    rmSync(file)
    await until("the mirror is gone", async () => (await find()) === undefined)
  })
})
