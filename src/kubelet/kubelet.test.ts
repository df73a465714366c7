import assert from "node:assert/strict"
import { test } from "node:test"
import { startTestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1", terminationMessagePath: "/dev/termination-log" }

test("a simple pod runs, is reported and is deleted", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web] })
  await node.until("web", ({ status }) => status.phase === "Running")
  const { status } = node.pod("web")
  assert.equal(status.podIP, "10.244.0.1")
  assert.equal(status.hostIP, "192.168.0.1")
  assert.deepEqual(
    status.conditions?.map(({ status: value, type }) => `${type}=${value}`),
    ["PodReadyToStartContainers=True", "Initialized=True", "Ready=True", "ContainersReady=True", "PodScheduled=True"],
  )
  assert.equal(status.containerStatuses?.[0]?.ready, true)
  node.delete("web", 30)
  await node.platform.advanceUntil(() => node.api.list("/api/v1/namespaces/default/pods/").length === 0)
  assert.deepEqual(node.events("web"), [
    'Pulled: Container image "app:1" already present on machine and can be accessed by the pod',
    "Created: Container created",
    "Started: Container started",
    "Killing: Stopping container web",
  ])
  await node.close()
})
