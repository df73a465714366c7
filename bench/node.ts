import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { startTestCluster, type TestCluster } from "../e2e/cluster.ts"
import { until } from "../e2e/command.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { BareCrun } from "./bare-crun.ts"
import { cpuSeconds } from "./cpu-seconds.ts"
import { type Measurement, measurement, percentile, printLines } from "./measurement.ts"
import { nodeMemory } from "./node-memory.ts"
import { podStages } from "./node-stages.ts"
import { Pods } from "./pods.ts"

const IDLE_WATCHED_MS = 10_000
const CALLS = 20
/** As many pods as a node takes. */
const FULL = 110
const LOG_LINES = 1_000_000
const LOG_LINE = "0123456789012345678901234567890123456789012345678901234567890123456789012345678"

/** One node with real containers: how fast it starts them, what it takes while nothing happens, how soon it is back. */
export async function run(): Promise<readonly Measurement[]> {
  const bare = await BareCrun.open()
  const stages = await podStages()
  const cluster = await startTestCluster({ name: "bench-node" })
  const pods = new Pods(cluster)
  try {
    const results: Measurement[] = []
    bare.startMs()
    await pods.runningMs("warm")
    await pods.remove("warm")
    const bareMs = Array.from({ length: CALLS }, () => bare.startMs())
    const bareP50 = percentile(bareMs, 0.5)
    for (const [stage, ms] of stages) results.push(measurement("node", `stage ${stage}, p50`, ms, "ms", bareP50))
    results.push(...(await idle(cluster, 0)))
    for (const count of [1, 10, 100, FULL]) {
      const rounds = count === 1 ? CALLS : 1
      const times: number[] = []
      for (let round = 0; round < rounds; round++) {
        const names = Array.from({ length: count }, (_, at) => `p${count}-${round}-${at}`)
        const beganMs = performance.now()
        times.push(...(await Promise.all(names.map((name) => pods.runningMs(name)))))
        const tookMs = performance.now() - beganMs
        if (round < rounds - 1) await removeAll(cluster, pods, names)
        else if (count > 1) {
          results.push(
            measurement("node", `pods per second, ${count} at once`, (count * 1000) / tookMs, "/s", 1000 / bareP50),
          )
          if (count !== FULL) results.push(...(await idle(cluster, count)))
        }
        if (count === 100) results.push(await restart(cluster))
        if (round === rounds - 1) await removeAll(cluster, pods, names)
      }
      results.push(
        measurement("node", `create to Running, ${count} at once, p50`, percentile(times, 0.5), "ms", bareP50),
      )
      results.push(
        measurement("node", `create to Running, ${count} at once, p99`, percentile(times, 0.99), "ms", bareP50),
      )
    }
    await pods.runningMs("busy")
    results.push(await execLatency(cluster), ...(await logs(cluster)))
    await pods.remove("busy")
    return results
  } finally {
    await pods.close()
    await cluster.down()
    bare.close()
  }
}

/** Without grace a pod is gone from the API at once, and somewhat later from the node. */
async function removeAll(cluster: TestCluster, pods: Pods, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => pods.remove(name)))
  await until("the node has given the pods back", () => podGroups(cluster) === 0)
}

/** How many pods without requests have a group; a pod's place on the node is free when it is gone. */
function podGroups(cluster: TestCluster): number {
  const { cgroup } = layoutOf(cluster.record)
  const tier = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].map((root) => join(root, cgroup, "kubepods/besteffort"))
  return readdirSync(tier.find(existsSync) ?? "").filter((name) => name.startsWith("pod")).length
}

/** What the agent takes while its pods sleep. */
async function idle(cluster: TestCluster, count: number): Promise<Measurement[]> {
  const pid = cluster.agentPid()
  if (pid === undefined) throw new Error("the agent does not run")
  await sleep(IDLE_WATCHED_MS / 2)
  const before = cpuSeconds(pid)
  await sleep(IDLE_WATCHED_MS)
  const percent = ((cpuSeconds(pid) - before) * 100_000) / IDLE_WATCHED_MS
  return [
    measurement("node", `agent idle, ${count} pods, of a core`, percent, "%", null),
    ...nodeMemory(cluster, count),
  ]
}

/** Until an agent that was killed is back and has all its pods. */
async function restart(cluster: TestCluster): Promise<Measurement> {
  await cluster.kill("agent")
  const beganMs = performance.now()
  await cluster.up()
  return measurement("node", "agent restart, 100 pods", performance.now() - beganMs, "ms", null)
}

/** kubectl's own start is in both. */
async function execLatency(cluster: TestCluster): Promise<Measurement> {
  const median = async (line: string): Promise<number> => {
    const times: number[] = []
    for (let call = 0; call < CALLS; call++) {
      const beganMs = performance.now()
      await cluster.kubectl(line)
      times.push(performance.now() - beganMs)
    }
    return percentile(times, 0.5)
  }
  const floorMs = await median("get --raw /readyz")
  return measurement(
    "node",
    "kubectl exec true, p50, against a plain GET",
    await median("exec busy -- true"),
    "ms",
    floorMs,
  )
}

/** From a container's output to its log, and from there to a client; against the same output to a file. */
async function logs(cluster: TestCluster): Promise<Measurement[]> {
  const megabytes = (LOG_LINES * (LOG_LINE.length + 1)) / 1e6
  const write = `yes ${LOG_LINE} | head -n ${LOG_LINES}`
  const timed = async (target: string): Promise<number> => {
    const beganMs = performance.now()
    await cluster.kubectl(["exec", "busy", "--", "sh", "-c", `${write} > ${target}`])
    return (performance.now() - beganMs) / 1000
  }
  const fileSeconds = await timed("/tmp/out")
  // The first process' output is the container's log.
  const logSeconds = await timed("/proc/1/fd/1")
  const beganMs = performance.now()
  const read = await cluster.kubectl("logs busy", { timeoutMs: 300_000 })
  const readSeconds = (performance.now() - beganMs) / 1000
  return [
    measurement("node", "log written", megabytes / logSeconds, "MB/s", megabytes / fileSeconds),
    measurement("node", "log read by kubectl", read.length / 1e6 / readSeconds, "MB/s", null),
  ]
}

if (import.meta.main) printLines(await run())
