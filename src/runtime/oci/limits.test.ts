import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { code, conformancePrograms, type Fixture } from "../conformance/fixture.ts"
import type { ContainerConfig, LinuxContainerResources } from "../container.ts"
import type { ContainerRuntime } from "../runtime.ts"
import { detectCgroups } from "./cgroups.ts"
import { createTestMachine } from "./testing/machine.ts"

const machine = createTestMachine()
const cgroups = detectCgroups()
let runtime: ContainerRuntime
let fixture: Fixture
before(async () => {
  runtime = await machine.open()
  fixture = machine.fixture(runtime)
})
after(() => machine.remove())

const { runs } = conformancePrograms
const MIB = 1 << 20

function limited(resources: LinuxContainerResources): Pick<ContainerConfig, "linux"> {
  return { linux: { ...fixture.container(runs).linux, resources } }
}

/** What the kernel enforces, in the names of either cgroup version. */
function enforced(cgroup: string): Record<string, string> {
  const read = (controller: string, v1: string, v2: string) =>
    cgroups.read(controller, cgroup, cgroups.mode === "v2" ? v2 : v1)?.trim() ?? ""
  const cpu =
    cgroups.mode === "v2"
      ? read("cpu", "", "cpu.max")
      : `${read("cpu", "cpu.cfs_quota_us", "")} ${read("cpu", "cpu.cfs_period_us", "")}`
  return {
    memory: read("memory", "memory.limit_in_bytes", "memory.max"),
    cpu,
    pids: read("pids", "pids.max", "pids.max"),
  }
}

async function cgroupOf(sandbox: string, id: string): Promise<string> {
  const { metadata } = (await runtime.podSandboxStatus(sandbox as never)) ?? {}
  return `${machine.cgroup}/${metadata.name}/${id}`
}

test("limits are the kernel's, from the start and after an update", async () => {
  const resources = {
    memoryLimitBytes: 64 * MIB,
    memorySwapLimitBytes: 64 * MIB,
    cpuPeriod: 100_000,
    cpuQuota: 25_000,
    cpuShares: 256,
    pidsLimit: 50,
  }
  const { sandbox, id } = await fixture.started(runs, limited(resources))
  const cgroup = await cgroupOf(sandbox, id)
  assert.deepEqual(enforced(cgroup), { memory: String(64 * MIB), cpu: "25000 100000", pids: "50" })
  await runtime.updateContainerResources(id, {
    memoryLimitBytes: 96 * MIB,
    memorySwapLimitBytes: 96 * MIB,
    cpuQuota: 50_000,
    cpuPeriod: 100_000,
  })
  assert.deepEqual(enforced(cgroup), { memory: String(96 * MIB), cpu: "50000 100000", pids: "50" })
  const stats = await runtime.containerStats(id)
  assert.equal(stats.memory?.availableBytes, 96 * MIB - (stats.memory?.workingSetBytes ?? 0))
  const pod = await runtime.podSandboxStats(sandbox)
  assert((pod.pids ?? 0) > 0 && (pod.memory?.usageBytes ?? 0) > 0)
})

test("limits that are changed before the start apply to it", async () => {
  const sandbox = await runtime.runPodSandbox(fixture.pod())
  const id = await runtime.createContainer(sandbox, fixture.container(runs, limited({ memoryLimitBytes: 64 * MIB })))
  await runtime.updateContainerResources(id, { memoryLimitBytes: 80 * MIB, pidsLimit: 20 })
  await runtime.startContainer(id)
  const { memory, pids } = enforced(await cgroupOf(sandbox, id))
  assert.deepEqual([memory, pids], [String(80 * MIB), "20"])
})

const eatsMemory = "x=0123456789abcdef; while :; do x=$x$x; done"

test("a container that takes too much memory is OOMKilled", async () => {
  const { id } = await fixture.started(
    ["sh", "-c", eatsMemory],
    limited({ memoryLimitBytes: 32 * MIB, memorySwapLimitBytes: 32 * MIB }),
  )
  const { exitCode, reason } = await fixture.ended(id)
  assert.deepEqual([exitCode, reason], [137, "OOMKilled"])
})

test("a container that survives a child's death for lack of memory ends as it says", async () => {
  const script = `sh -c '${eatsMemory}'; echo child $?; exit 0`
  const { id } = await fixture.started(
    ["sh", "-c", script],
    limited({ memoryLimitBytes: 32 * MIB, memorySwapLimitBytes: 32 * MIB }),
  )
  const { exitCode, reason } = await fixture.ended(id)
  assert.deepEqual([exitCode, reason], [0, "Completed"])
})

test("an oom_score_adj that this machine cannot give is the nearest, with a warning, and no failure", async () => {
  const { id } = await fixture.started(runs, limited({ oomScoreAdj: -997 }))
  const { stdout } = await runtime.execSync(id, ["cat", "/proc/1/oom_score_adj"], 0)
  const { resources, warnings } = await runtime.containerStatus(id)
  assert.equal(Number(String(stdout)), resources.oomScoreAdj)
  assert.equal(warnings.length, resources.oomScoreAdj === -997 ? 0 : 1)
})

test("an oom_score_adj above our own is exact", async () => {
  const { id } = await fixture.started(runs, limited({ oomScoreAdj: 900 }))
  const { stdout } = await runtime.execSync(id, ["cat", "/proc/1/oom_score_adj"], 0)
  assert.equal(String(stdout), "900\n")
  assert.deepEqual((await runtime.containerStatus(id)).warnings, [])
})

test("settings for cgroup v2 are refused elsewhere", { skip: cgroups.mode === "v2" }, async () => {
  const sandbox = await runtime.runPodSandbox(fixture.pod())
  const config = fixture.container(runs, limited({ unified: { "memory.high": "1000000" } }))
  await assert.rejects(runtime.createContainer(sandbox, config), code("Unsupported"))
})
