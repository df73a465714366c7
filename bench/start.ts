import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { startTestCluster, type TestCluster } from "../e2e/cluster.ts"
import { cpuSeconds } from "./cpu-seconds.ts"
import { type Measurement, measurement, percentile, printLines } from "./measurement.ts"
import { Pods } from "./pods.ts"

const STARTS = 5
const SETTLE_MS = 5000
const IDLE_MS = 10_000
const OBJECTS = 1000
const OBJECTS_AT_ONCE = 32

const READY_BUDGET_MS = 1000
const POD_BUDGET_MS = 150
const IDLE_BUDGET_MB = 200
const IDLE_BUDGET_PERCENT = 1

/** How fast a cluster is there and what it takes when idle, against bare `node` processes that do nothing. */
export async function run(): Promise<readonly Measurement[]> {
  const cluster = await startTestCluster({ name: "bench-start" })
  try {
    const readyMs: number[] = []
    const podMs: number[] = []
    for (let i = 0; i < STARTS; i++) {
      await cluster.gantry("down")
      const beganMs = performance.now()
      await cluster.up()
      readyMs.push(performance.now() - beganMs)
      const pods = new Pods(cluster)
      podMs.push(await pods.runningMs(`first-${i}`))
      await pods.remove(`first-${i}`)
      await pods.close()
    }
    const nodeMs = Array.from({ length: STARTS }, bareNodeMs)
    return [
      measurement(
        "start",
        "up to Ready, warm",
        percentile(readyMs, 0.5),
        "ms",
        percentile(nodeMs, 0.5),
        READY_BUDGET_MS,
      ),
      measurement("start", "then to the first Running pod", percentile(podMs, 0.5), "ms", null, POD_BUDGET_MS),
      ...(await measureIdle(cluster)),
    ]
  } finally {
    await cluster.down()
  }
}

async function measureIdle(cluster: TestCluster): Promise<readonly Measurement[]> {
  const pids = [cluster.serverPid, cluster.agentPid()].filter((pid) => pid !== undefined)
  await sleep(SETTLE_MS)
  const before = pids.map(cpuSeconds)
  await sleep(IDLE_MS)
  const percents = pids.map((pid, i) => ((cpuSeconds(pid) - (before[i] ?? 0)) / (IDLE_MS / 1000)) * 100)
  const idleMb = pids.map(pssMb)
  const bareMb = bareNodeMb()
  const pods = new Pods(cluster)
  for (let i = 0; i < OBJECTS; i += OBJECTS_AT_ONCE) {
    const batch = Array.from({ length: Math.min(OBJECTS_AT_ONCE, OBJECTS - i) }, (_, j) => `object-${i + j}`)
    await Promise.all(batch.map((name) => pods.create(name, "nobody")))
  }
  await sleep(SETTLE_MS)
  const fullMb = pids.map(pssMb)
  await pods.close()
  const each = ["server", "agent"].flatMap((name, i) => [
    measurement("start", `idle memory, ${name}`, idleMb[i] ?? Number.NaN, "MB", bareMb),
    measurement("start", `idle CPU, ${name}`, percents[i] ?? Number.NaN, "% of a core", null),
    measurement(
      "start",
      `memory with ${OBJECTS} pods' objects, ${name}`,
      fullMb[i] ?? Number.NaN,
      "MB",
      idleMb[i] ?? null,
    ),
  ])
  return [
    measurement("start", "idle memory, both", sum(idleMb), "MB", 2 * bareMb, IDLE_BUDGET_MB),
    measurement("start", "idle CPU, both", sum(percents), "% of a core", null, IDLE_BUDGET_PERCENT),
    ...each,
  ]
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Proportional set size: a page that n processes share counts for one nth. */
function pssMb(pid: number | "self"): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]
  return Number(kib) / 1024
}

function bareNodeMs(): number {
  const beganMs = performance.now()
  spawnSync(process.execPath, ["-e", "0"])
  return performance.now() - beganMs
}

function bareNodeMb(): number {
  const program = "process.stdout.write(require('fs').readFileSync('/proc/self/smaps_rollup', 'utf8'))"
  const rollup = spawnSync(process.execPath, ["-e", program]).stdout.toString()
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) / 1024
}

if (import.meta.main) printLines(await run())
