import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import type { Pod } from "../api/core/v1/pod.ts"
import { podUidLabel } from "./config/labels.ts"
import { large } from "./cpus/testing/machines.ts"
import { parseConfiguration } from "./settings/parse-configuration.ts"
import { startTestNode, type TestNode } from "./testing/test-node.ts"

const settings = (more: string) =>
  parseConfiguration(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cpuManagerPolicy: static
topologyManagerPolicy: single-numa-node
reservedSystemCPUs: "0"
${more}`)
const running = ({ status }: Pod) => status.phase === "Running"
const asking = (cpu: string) => ({ requests: { cpu, memory: "8Mi" }, limits: { cpu, memory: "8Mi" } })
const specOf = (cpu?: string) => ({
  containers: [{ name: "c", image: "app:1", ...(cpu && { resources: asking(cpu) }) }],
})

/** The CPUs that each pod's container runs on now. */
async function cpusets({ pod, runtime }: TestNode, ...names: readonly string[]): Promise<string[]> {
  return Promise.all(
    names.map(async (name) => {
      const uid = pod(name).metadata.uid
      const [container] = await runtime.listContainers({ state: "RUNNING", labelSelector: { [podUidLabel]: uid } })
      assert.ok(container)
      const { resources } = await runtime.containerStatus(container.id)
      return `${name} ${resources.cpusetCpus}${resources.cpuQuota === undefined ? "" : ` quota ${resources.cpuQuota}`}`
    }),
  )
}

test("whole CPUs are one container's, others share the rest, and an agent that comes back keeps it so", async () => {
  const node = await startTestNode({ settings: settings(""), topology: () => large })
  node.run("shared", specOf())
  await node.until("shared", running)
  node.run("own", specOf("1"))
  await node.until("own", running)
  await node.platform.advance(1000)
  const others = "0-15,17-31"
  assert.deepEqual(await cpusets(node, "shared", "own"), [`shared ${others}`, "own 16"])
  const noted = () => readFileSync(join(node.dataDir, "cpu_manager_state"), "utf8")
  const before = noted()
  await node.restart()
  await node.platform.advance(11_000)
  assert.equal(noted(), before)
  assert.deepEqual(await cpusets(node, "shared", "own"), [`shared ${others}`, "own 16"])
  const value = (name: string) => node.kubelet.metrics().find((metric) => metric.name === name)?.samples[0]?.value
  assert.equal(value("kubelet_cpu_manager_shared_pool_size_millicores"), 30_000)
  assert.equal(value("kubelet_cpu_manager_exclusive_cpu_allocation_count"), 1)
  node.delete("own", 1)
  await node.platform.advance(5000)
  assert.deepEqual(await cpusets(node, "shared"), ["shared 0-31"])
})

test("an agent that ends before it knows its pods leaves them what they have", async () => {
  const node = await startTestNode({ settings: settings(""), topology: () => large })
  node.run("own", specOf("1"))
  await node.until("own", running)
  await node.platform.advance(1000)
  const noted = () => readFileSync(join(node.dataDir, "cpu_manager_state"), "utf8")
  const before = noted()
  node.api.reachable = false
  await node.restart()
  await node.restart()
  await node.platform.advance(11_000)
  assert.equal(noted(), before)
})

test("CPUs that are a container's own are not resized", async () => {
  const node = await startTestNode({ settings: settings(""), topology: () => large })
  node.run("own", specOf("1"))
  await node.until("own", running)
  const { metadata, spec } = node.pod("own")
  const resized = { ...spec, containers: spec.containers.map((each) => ({ ...each, resources: asking("500m") })) }
  node.change("own", { metadata: { ...metadata, generation: 2 }, spec: resized })
  const pending = () => node.pod("own").status.conditions?.find(({ type }) => type === "PodResizePending")
  await node.until("own", () => pending() !== undefined)
  assert.equal(pending()?.reason, "Infeasible")
  assert.equal(pending()?.message, 'Resize is infeasible for Guaranteed Pods alongside CPU Manager policy "static"')
  assert.match(node.events("own").join("\n"), /ResizeInfeasible: Pod resize Infeasible: /)
  await node.restart()
  await node.platform.advance(5000)
  assert.equal(pending()?.reason, "Infeasible")
  assert.deepEqual(await cpusets(node, "own"), ["own 16"])
})

test("a pod that cannot have its CPUs from one node fails, also after the agent has come back", async () => {
  // One socket's worth of cores is needed, and none is left whole.
  const halves = { cpus: large.cpus.filter(({ core }) => core % 4 === 0), nodes: large.nodes }
  const node = await startTestNode({
    settings: settings('cpuManagerPolicyOptions: {full-pcpus-only: "true"}'),
    topology: () => halves,
  })
  node.run("own", specOf("1"))
  await node.until("own", ({ status }) => status.phase === "Failed")
  const failure = () => {
    const { containerStatuses, message, phase, reason } = node.pod("own").status
    return { containerStatuses: containerStatuses ?? [], message, phase, reason }
  }
  const want = {
    containerStatuses: [],
    message: "Pod was rejected: SMT Alignment Error: requested 1 cpus not multiple cpus per core = 2",
    phase: "Failed",
    reason: "SMTAlignmentError",
  }
  assert.deepEqual(failure(), want)
  await node.restart()
  await node.platform.advance(5000)
  assert.deepEqual(failure(), want)
})
