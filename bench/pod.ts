import { startTestCluster } from "../e2e/cluster.ts"
import { BareCrun } from "./bare-crun.ts"
import { type Measurement, measurement, percentile, printLines } from "./measurement.ts"
import { Pods } from "./pods.ts"

const PODS = 50
const AT_ONCE_BUDGET_MS = 2500
/** What Kubernetes' own work may add to two bare starts: one for the container, one for its sandbox. */
const POD_BUDGET_MS = 60

/** From a pod's creation until it runs, in a real cluster, against a bare `crun run --detach`. */
export async function run(): Promise<readonly Measurement[]> {
  const bare = await BareCrun.open()
  const cluster = await startTestCluster({ name: "bench-pod" })
  const pods = new Pods(cluster)
  try {
    // Programs and pages that are used for the first time.
    bare.startMs()
    await pods.runningMs("warm")
    await pods.remove("warm")
    const bareMs: number[] = []
    const oneMs: number[] = []
    for (let i = 0; i < PODS; i++) {
      bareMs.push(bare.startMs())
      oneMs.push(await pods.runningMs(`one-${i}`))
    }
    await Promise.all(oneMs.map((_, i) => pods.remove(`one-${i}`)))
    const beganMs = performance.now()
    await Promise.all(Array.from({ length: PODS }, (_, i) => pods.runningMs(`many-${i}`)))
    const manyMs = performance.now() - beganMs
    await Promise.all(Array.from({ length: PODS }, (_, i) => pods.remove(`many-${i}`)))
    const [bareP50, bareP99] = [percentile(bareMs, 0.5), percentile(bareMs, 0.99)]
    return [
      measurement("pod", "create to Running, p50", percentile(oneMs, 0.5), "ms", bareP50, 2 * bareP50 + POD_BUDGET_MS),
      measurement("pod", "create to Running, p99", percentile(oneMs, 0.99), "ms", bareP99),
      measurement("pod", `${PODS} pods at once`, manyMs, "ms", PODS * bareP50, AT_ONCE_BUDGET_MS),
    ]
  } finally {
    await pods.close()
    await cluster.down()
    bare.close()
  }
}

if (import.meta.main) printLines(await run())
