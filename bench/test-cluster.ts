import { Pod } from "../src/api/core/v1/pod.ts"
import { startCluster } from "../testing/index.ts"
import { heapMb, type Measurement, measurement, percentile, printLines } from "./measurement.ts"

const WARM_UPS = 2
const STARTS = 20
const SIDE_BY_SIDE = 50

const READY_BUDGET_MS = 200

/** Clusters inside one process: how soon one is ready, and what many of them take. */
export async function run(): Promise<readonly Measurement[]> {
  const beganMs = performance.now()
  await (await startCluster()).close()
  const coldMs = performance.now() - beganMs
  for (let i = 1; i < WARM_UPS; i++) await (await startCluster()).close()
  const bareMs: number[] = []
  const nodesMs: number[] = []
  for (let i = 0; i < STARTS; i++) {
    bareMs.push(await startMs({}))
    nodesMs.push(await startMs({ nodes: 3 }))
  }
  return [
    measurement("test-cluster", "up and settled, first of the process", coldMs, "ms", null),
    measurement("test-cluster", "up and settled, p50", percentile(bareMs, 0.5), "ms", null, READY_BUDGET_MS),
    measurement(
      "test-cluster",
      "up and settled with 3 nodes, p50",
      percentile(nodesMs, 0.5),
      "ms",
      null,
      READY_BUDGET_MS,
    ),
    ...(await sideBySide()),
    ...(await aDay()),
  ]
}

async function startMs(options: Parameters<typeof startCluster>[0]): Promise<number> {
  const beganMs = performance.now()
  const cluster = await startCluster(options)
  const tookMs = performance.now() - beganMs
  await cluster.close()
  return tookMs
}

async function sideBySide(): Promise<Measurement[]> {
  const before = heapMb()
  const beganMs = performance.now()
  const clusters = await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, (_, seed) => startCluster({ seed, nodes: 1 })),
  )
  const tookMs = performance.now() - beganMs
  const eachMb = (heapMb() - before) / SIDE_BY_SIDE
  const podBeganMs = performance.now()
  await Promise.all(
    clusters.map(async (cluster) => {
      const metadata = { name: "web", namespace: "default" }
      await cluster.client.of(Pod).create({ metadata, spec: { containers: [{ name: "main", image: "web:1" }] } })
      await cluster.settled()
    }),
  )
  const podMs = performance.now() - podBeganMs
  await Promise.all(clusters.map((cluster) => cluster.close()))
  const name = `${SIDE_BY_SIDE} side by side`
  return [
    measurement("test-cluster", `${name}, each`, tookMs / SIDE_BY_SIDE, "ms", null),
    measurement("test-cluster", `${name}, memory of each`, eachMb, "MB", null),
    measurement("test-cluster", `${name}, a pod running in each`, podMs / SIDE_BY_SIDE, "ms", null),
  ]
}

async function aDay(): Promise<Measurement[]> {
  const cluster = await startCluster({ nodes: 3 })
  const beganMs = performance.now()
  await cluster.clock.advance("24h")
  const tookMs = performance.now() - beganMs
  await cluster.close()
  return [measurement("test-cluster", "24 hours of 3 nodes", tookMs / 1000, "s", null)]
}

if (import.meta.main) printLines(await run())
