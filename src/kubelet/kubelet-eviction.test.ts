import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import type { Observation, Signal } from "./eviction/thresholds.ts"
import { nodeName, startTestNode, type TestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1", volumeMounts: [{ name: "data", mountPath: "/data" }] }
const data = { name: "data", emptyDir: { sizeLimit: "1Mi" } }

const nodeCondition = (node: TestNode, type: string) => {
  const status = node.api.get(`/api/v1/nodes/${nodeName}`)?.["status"] as {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
  }
  return status.conditions?.find((each) => each.type === type)?.reason
}

test("a pod whose volume outgrows its limit is evicted", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web], volumes: [data] })
  await node.until("web", ({ status }) => status.phase === "Running")
  const folder = join(node.dataDir, "pods/uid-web/volumes/kubernetes.io~empty-dir/data")
  writeFileSync(join(folder, "large"), Buffer.alloc(2 * 1024 * 1024, 1))
  await node.until("web", ({ status }) => status.phase === "Failed")
  const { conditions = [], message, reason } = node.pod("web").status
  assert.equal(reason, "Evicted")
  assert.equal(message, 'Usage of EmptyDir volume "data" exceeds the limit "1Mi". ')
  assert.equal(
    conditions.some(({ type }) => type === "DisruptionTarget"),
    false,
  )
  assert.ok(node.events("web").includes(`Evicted: ${message}`))
  assert.ok(node.runtime.calls.includes("stopContainer web#0 2000"))
})

test("a node without memory evicts the pod that exceeds its request, and takes no more for a while", async () => {
  let free = 1e9
  const observe = () => new Map<Signal, Observation>([["memory.available", { available: free, capacity: 2e9 }]])
  const node = await startTestNode({ observe })
  node.run("greedy", { containers: [{ ...web, volumeMounts: [] }] })
  node.run("modest", {
    containers: [{ ...web, volumeMounts: [], resources: { requests: { memory: "1Gi" } } }],
  })
  node.run("vital", { priority: 2_000_000_000, containers: [{ ...web, volumeMounts: [] }] })
  for (const name of ["greedy", "modest", "vital"]) await node.until(name, ({ status }) => status.phase === "Running")
  assert.equal(nodeCondition(node, "MemoryPressure"), "KubeletHasSufficientMemory")
  free = 50 * 1024 * 1024
  await node.until("greedy", ({ status }) => status.phase === "Failed")
  free = 1e9
  assert.match(
    node.pod("greedy").status.message ?? "",
    /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: 50Mi\. /,
  )
  const target = node.pod("greedy").status.conditions?.find(({ type }) => type === "DisruptionTarget")
  assert.equal(target?.reason, "TerminationByKubelet")
  assert.equal(nodeCondition(node, "MemoryPressure"), "KubeletHasInsufficientMemory")
  node.run("late", { containers: [{ ...web, volumeMounts: [] }] })
  await node.until("late", ({ status }) => status.phase === "Failed")
  assert.equal(node.pod("late").status.message, "Pod was rejected: The node had condition: [MemoryPressure]. ")
  await node.platform.advance(5 * 60_000 + 30_000)
  assert.equal(nodeCondition(node, "MemoryPressure"), "KubeletHasSufficientMemory")
  assert.equal(node.pod("modest").status.phase, "Running")
  assert.equal(node.pod("vital").status.phase, "Running")
})

test("a full disk is first relieved of dead containers and unused images", async () => {
  let free = 50
  const observe = () => new Map<Signal, Observation>([["nodefs.available", { available: free, capacity: 100 }]])
  const node = await startTestNode({ observe })
  node.images.present.add("unused:1")
  node.programs.set("short", { runMs: 10 })
  node.run("done", { restartPolicy: "Never", containers: [{ ...web, name: "short", volumeMounts: [] }] })
  node.run("web", { containers: [{ ...web, volumeMounts: [] }] })
  await node.until("done", ({ status }) => status.phase === "Succeeded")
  await node.until("web", ({ status }) => status.phase === "Running")
  // Images that came just now may be about to be used.
  await node.platform.advance(10 * 60_000)
  assert.ok(node.images.present.has("unused:1"))
  node.images.onRemove = () => (free = 50)
  free = 5
  await node.platform.advanceUntil(() => !node.images.present.has("unused:1"))
  await node.platform.advance(60_000)
  assert.deepEqual(
    (await node.runtime.listContainers()).map(({ metadata }) => metadata.name),
    ["web"],
  )
  assert.equal(node.pod("web").status.phase, "Running")
  assert.equal(node.pod("done").status.containerStatuses?.[0]?.state?.terminated?.exitCode, 0)
  assert.ok(node.events(nodeName).includes("EvictionThresholdMet: Attempting to reclaim ephemeral-storage"))
})
