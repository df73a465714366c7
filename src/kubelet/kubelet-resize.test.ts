import assert from "node:assert/strict"
import { cpus } from "node:os"
import { test } from "node:test"
import type { Pod } from "../api/core/v1/pod.ts"
import { startTestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1" }
const first = (pod: Pod) => pod.status.containerStatuses?.[0]
const running = ({ status }: Pod) => status.phase === "Running"

test("changed limits are applied in place, or by a restart where the container asks for that", async () => {
  const node = await startTestNode()
  const limits = (memory: string) => ({ limits: { memory }, requests: { memory } })
  const restarts = [{ resourceName: "memory", restartPolicy: "RestartContainer" }]
  const containers = (memory: string) => [
    { ...web, resources: limits(memory) },
    { ...web, name: "db", resources: limits(memory), resizePolicy: restarts },
  ]
  node.run("web", { containers: containers("64Mi") })
  await node.until("web", running)
  const { spec } = node.pod("web")
  node.change("web", { spec: { ...spec, containers: containers("128Mi") } })
  await node.until("web", ({ status }) => status.containerStatuses?.[1]?.restartCount === 1)
  await node.platform.advance(30_000)
  assert.equal(first(node.pod("web"))?.restartCount, 0)
  assert.equal(node.runtime.calls.filter((call) => call.startsWith("updateContainerResources")).length, 1)
  const memory = (await node.runtime.listContainers({ state: "RUNNING" })).map(async ({ id }) => {
    const { resources } = await node.runtime.containerStatus(id)
    return resources.memoryLimitBytes
  })
  assert.deepEqual(await Promise.all(memory), [128 * 1024 ** 2, 128 * 1024 ** 2])
})

test("a resize without room waits, and is taken up when another pod shrinks or goes", async () => {
  const node = await startTestNode()
  const part = cpus().length / 4
  const containers = (cores: number) => [{ ...web, resources: { requests: { cpu: String(cores) } } }]
  node.run("big", { containers: containers(2 * part) })
  node.run("web", { containers: containers(part) })
  await node.until("big", running)
  await node.until("web", running)
  const { metadata, spec } = node.pod("web")
  node.change("web", { metadata: { ...metadata, generation: 2 }, spec: { ...spec, containers: containers(3 * part) } })
  const condition = (type: string) => node.pod("web").status.conditions?.find((each) => each.type === type)
  await node.until("web", () => condition("PodResizePending") !== undefined)
  assert.equal(condition("PodResizePending")?.reason, "Deferred")
  assert.match(condition("PodResizePending")?.message ?? "", /^Node didn't have enough resource: cpu, requested: /)
  assert.equal(first(node.pod("web"))?.allocatedResources?.["cpu"], String(part))
  await node.restart()
  await node.platform.advance(5000)
  assert.equal(node.runtime.calls.filter((call) => call.startsWith("updateContainerResources")).length, 0)
  node.delete("big", 1)
  await node.until("web", () => first(node.pod("web"))?.allocatedResources?.["cpu"] === String(3 * part))
  await node.until("web", () => condition("PodResizeInProgress") === undefined)
  assert.equal(condition("PodResizePending"), undefined)
  assert.deepEqual(first(node.pod("web"))?.resources?.requests, { cpu: String(3 * part) })
  assert.equal(first(node.pod("web"))?.restartCount, 0)
  const resource = JSON.stringify({ requests: { cpu: String(3 * part) } })
  const text = `{"containers":[{"name":"web","resources":${resource}}],"generation":2`
  const events = node.events("web").filter((event) => event.startsWith("Resize"))
  assert.deepEqual(
    events.map((event) => event.replace(/,"error.*/, "")),
    [
      `ResizeDeferred: Pod resize Deferred: ${text}`,
      `ResizeStarted: Pod resize started: ${text}}`,
      `ResizeCompleted: Pod resize completed: ${text}}`,
    ],
  )
})

test("a sidecar is resized in place, and a limit below what is in use is refused", async () => {
  const node = await startTestNode()
  const limits = (memory: string) => ({ limits: { memory }, requests: { memory } })
  const side = (memory: string) => [{ ...web, name: "side", restartPolicy: "Always", resources: limits(memory) }]
  node.run("web", { initContainers: side("64Mi"), containers: [web] })
  await node.until("web", running)
  const { spec } = node.pod("web")
  node.change("web", { spec: { ...spec, initContainers: side("128Mi") } })
  await node.until("web", ({ status }) => status.initContainerStatuses?.[0]?.resources?.limits?.["memory"] === "128Mi")
  assert.equal(node.pod("web").status.initContainerStatuses?.[0]?.restartCount, 0)
  // The fake runtime's containers use one byte.
  node.change("web", { spec: { ...spec, initContainers: side("1") } })
  const condition = () => node.pod("web").status.conditions?.find(({ type }) => type === "PodResizeInProgress")
  await node.until("web", () => condition()?.reason === "Error")
  assert.equal(
    condition()?.message,
    'cannot decrease memory limits: attempting to set container "side" memory limit (1) below current usage (1)',
  )
  assert.equal(node.pod("web").status.initContainerStatuses?.[0]?.resources?.limits?.["memory"], "128Mi")
  assert.equal(node.pod("web").status.initContainerStatuses?.[0]?.allocatedResources?.["memory"], "1")
})
