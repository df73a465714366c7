import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { type Measurement, measurement } from "./measurement.ts"
import { run as throughTheApi } from "./scheduler/through-the-api.ts"
import { workloads } from "./scheduler/workloads.ts"

/**
 * Pods bound per second, each workload at two sizes of cluster and in a process of its own. The baseline is what the same
 * process gets through without scheduling: see `scheduler/rig.ts`. Twice what kube-scheduler's maintainers hold it to is
 * the goal; `BENCH_ONLY` names one workload.
 */
const SIZES = [1000, 5000]

interface Outcome {
  readonly perSecond: number
  readonly cpuMs: number
  readonly floorPerSecond: number
  readonly floorCpuMs: number
}

export async function run(): Promise<readonly Measurement[]> {
  const results: Measurement[] = []
  const only = process.env["BENCH_ONLY"]
  for (const { name, publishedFloor } of workloads) {
    if (only !== undefined && only !== name) continue
    for (const nodes of SIZES) {
      const { perSecond, cpuMs, floorPerSecond, floorCpuMs } = await rig(name, nodes)
      const goal = publishedFloor === undefined ? "" : ` (goal ${2 * publishedFloor})`
      results.push(
        measurement("scheduler", `${name}, ${nodes} nodes${goal}`, perSecond, "1/s", floorPerSecond),
        measurement("scheduler", `${name}, ${nodes} nodes, CPU`, cpuMs, "ms each", floorCpuMs),
      )
    }
  }
  return only === undefined ? [...results, ...(await throughTheApi())] : results
}

async function rig(workload: string, nodes: number): Promise<Outcome> {
  const file = join(import.meta.dirname, "scheduler", "rig.ts")
  const args = ["--disable-warning=ExperimentalWarning", file, workload, String(nodes)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Outcome
}
