import assert from "node:assert/strict"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, before, describe, it } from "node:test"
import type { Node } from "../src/api/core/v1/node.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { startTestPlugin, type TestPlugin } from "../src/kubelet/device-plugins/testing/test-plugin.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { containerOf, podOf, podView, untilPod } from "./pod-view.ts"

const RESOURCE = "example.com/null"
const { clock } = createNodePlatform({ logTo: new PassThrough().resume() })

describe("a device plugin on the machine", () => {
  let cluster: TestCluster
  let plugin: TestPlugin
  const startPlugin = async (): Promise<void> => {
    const node = cluster.record.nodes[0]?.name ?? ""
    plugin = await startTestPlugin({
      folder: join(layoutOf(cluster.record).node(node).dataDir, "kubelet", "device-plugins"),
      resource: RESOURCE,
      clock,
      devices: [
        { ID: "one", health: "Healthy" },
        { ID: "two", health: "Healthy" },
      ],
      allocate: (ids) => ({
        envs: { NULLS: ids.join() },
        devices: ids.map((id) => ({ containerPath: `/dev/null-${id}`, hostPath: "/dev/null", permissions: "rw" })),
      }),
    })
    await plugin.register()
  }
  before(async () => {
    cluster = await startTestCluster({ name: "device" })
    await startPlugin()
  })
  after(async () => {
    plugin?.close()
    await cluster?.down()
  })

  const untilOffer = (capacity: string, allocatable: string) =>
    until(`the node has ${capacity} of ${RESOURCE}, of which ${allocatable} work`, async () => {
      const { items } = await cluster.get<{ readonly items: readonly Node[] }>("nodes")
      const status = items[0]?.status
      return status?.capacity?.[RESOURCE] === capacity && status.allocatable?.[RESOURCE] === allocatable
    })
  const user = (name: string, amount: number, spec: object = {}) =>
    podOf(name, { command: ["sleep", "3600"], resources: { limits: { [RESOURCE]: String(amount) } } }, spec)
  const runs = (name: string) => untilPod(cluster, name, "runs", ({ state }) => state.running !== undefined)

  it("gives a pod its device and variables, and no other pod the same", async () => {
    await untilOffer("2", "2")
    await cluster.apply(user("user", 1))
    const pod = await runs("user")
    assert.match(await cluster.kubectl("exec user -- ls -l /dev/null-one"), /^crw/)
    assert.equal(
      await cluster.kubectl(["exec", "user", "--", "sh", "-c", "echo $NULLS; echo gone > /dev/null-one"]),
      "one\n",
    )
    assert.deepEqual((containerOf(pod) as { allocatedResourcesStatus?: unknown }).allocatedResourcesStatus, [
      { name: RESOURCE, resources: [{ resourceID: "one", health: "Healthy" }] },
    ])
    const node = cluster.record.nodes[0]?.name ?? ""
    await cluster.apply(user("greedy", 2), user("pushy", 2, { nodeName: node }))
    await until("the pod that was put there is turned away", async () => {
      const { status } = await podView(cluster, "pushy")
      const why = `requested number of devices unavailable for ${RESOURCE}. Requested: 2, Available: 1`
      return (
        status.reason === "UnexpectedAdmissionError" &&
        status.message === `Pod was rejected: Allocate failed due to ${why}, which is unexpected`
      )
    })
    await until("the scheduler sees no room", async () => {
      const { conditions } = (await podView(cluster, "greedy")).status
      return conditions.some(({ message }) => message?.includes(`Insufficient ${RESOURCE}`))
    })
    await cluster.kubectl("delete pod greedy pushy --now")
  })

  it("dies, and what it offered with it, but no pod", async () => {
    plugin.close()
    await untilOffer("2", "0")
    assert.ok(containerOf(await podView(cluster, "user")).state.running)
  })

  it("is missed by an agent that comes back, whose pods keep their devices", async () => {
    const { containerID } = containerOf(await podView(cluster, "user"))
    await cluster.kill("agent")
    await cluster.up()
    await untilOffer("0", "0")
    await startPlugin()
    await untilOffer("2", "2")
    await cluster.apply(user("other", 1))
    await runs("other")
    assert.equal(await cluster.kubectl(["exec", "other", "--", "sh", "-c", "echo $NULLS"]), "two\n")
    const container = containerOf(await podView(cluster, "user"))
    assert.deepEqual([container.containerID, container.restartCount], [containerID, 0])
  })
})
