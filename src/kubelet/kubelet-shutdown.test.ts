import assert from "node:assert/strict"
import { test } from "node:test"
import { shutdownGroups, twoPeriods } from "./shutdown/groups.ts"
import { podOf } from "./testing/pods.ts"
import { nodeName, startTestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1", terminationMessagePath: "/dev/termination-log" }

const priorities = (periods: Parameters<typeof shutdownGroups>[0], pods: readonly (number | undefined)[]) =>
  shutdownGroups(
    periods,
    pods.map((priority) => podOf({ priority })),
  ).map(({ pods: members, seconds }) => `${seconds}s: ${members.map(({ spec }) => spec.priority ?? "none").join(" ")}`)

test("ordinary pods end first, critical ones in what is kept for them", () => {
  const pods = [2_000_000_000, undefined, -5, 1000, 2_000_001_000]
  assert.deepEqual(priorities(twoPeriods(30, 10), pods), ["20s: none -5 1000", "10s: 2000000000 2000001000"])
  assert.deepEqual(twoPeriods(0, 0), [])
})

test("each pod belongs to the group at or below its priority", () => {
  const periods = [
    { priority: 1000, seconds: 3 },
    { priority: 10, seconds: 2 },
    { priority: 100, seconds: 1 },
  ]
  assert.deepEqual(priorities(periods, [5, 10, 99, 100, 5000]), ["2s: 5 10 99", "1s: 100", "3s: 5000"])
})

test("a node that shuts down ends its pods in order, takes no more, and says so", async () => {
  const node = await startTestNode({ settings: { shutdown: twoPeriods(30, 10) } })
  node.run("web", { containers: [web] })
  node.run("vital", { priority: 2_000_000_000, containers: [{ ...web, name: "vital" }] })
  for (const name of ["web", "vital"]) await node.until(name, ({ status }) => status.phase === "Running")
  let isOver = false
  const over = node.kubelet.shutDown().then(() => {
    isOver = true
  })
  await node.until("web", ({ status }) => status.phase === "Failed")
  const { conditions, message, reason } = node.pod("web").status
  assert.equal(reason, "Terminated")
  assert.equal(message, "Pod was terminated in response to imminent node shutdown.")
  assert.equal(conditions?.find(({ type }) => type === "DisruptionTarget")?.reason, "TerminationByKubelet")
  node.run("late", { containers: [web] })
  await node.until("late", ({ status }) => status.phase === "Failed")
  assert.equal(node.pod("late").status.reason, "NodeShutdown")
  await node.platform.advanceUntil(() => isOver)
  await over
  assert.equal(node.pod("vital").status.reason, "Terminated")
  const stops = node.runtime.calls.filter((call) => call.startsWith("stopContainer"))
  assert.deepEqual(stops, ["stopContainer web#0 20000", "stopContainer vital#0 10000"])
  const status = node.api.get(`/api/v1/nodes/${nodeName}`)?.["status"] as {
    readonly conditions: readonly { readonly type: string; readonly message: string }[]
  }
  assert.equal(status.conditions.find(({ type }) => type === "Ready")?.message, "node is shutting down")

  node.kubelet.goOn()
  node.run("next", { containers: [web] })
  await node.until("next", ({ status: { phase } }) => phase === "Running")
  const told = node.events(nodeName)
  assert.deepEqual(
    told.filter((event) => event.startsWith("NodeShutdown")),
    [
      "NodeShutdown: Shutdown manager detected shutdown event",
      "NodeShutdown: Shutdown manager detected shutdown cancellation",
    ],
  )
})

test("without such settings pods go on", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web] })
  await node.until("web", ({ status }) => status.phase === "Running")
  await node.kubelet.shutDown()
  assert.equal(node.kubelet.pods()[0]?.status.phase, "Running")
})
