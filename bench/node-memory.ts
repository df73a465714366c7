import { readdirSync, readFileSync } from "node:fs"
import type { TestCluster } from "../e2e/cluster.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { type Measurement, measurement } from "./measurement.ts"

/** What a stock kubelet and containerd take together on such a machine, idle. */
const STOCK_IDLE_MB = 160

/**
 * What the node's own processes take: the agent, and one monitor for each container. `RSS` counts Node's program in full,
 * which the server has mapped too; the proportional share (`PSS`) divides what is shared among those who share it.
 */
export function nodeMemory(cluster: TestCluster, pods: number): Measurement[] {
  const agent = cluster.agentPid()
  if (agent === undefined) throw new Error("the agent does not run")
  const budgetMb = STOCK_IDLE_MB / 2
  const monitors = monitorPids(cluster).reduce((sum, pid) => sum + memoryMb(pid, "Pss"), 0)
  return [
    measurement("node", `agent RSS, ${pods} pods`, memoryMb(agent, "Rss"), "MB", STOCK_IDLE_MB, budgetMb),
    measurement("node", `agent PSS, ${pods} pods`, memoryMb(agent, "Pss"), "MB", STOCK_IDLE_MB, budgetMb),
    measurement("node", `monitors PSS, ${pods} pods`, monitors, "MB", null),
  ]
}

/** They are told the folder of their container, which is in that of the node. */
function monitorPids(cluster: TestCluster): number[] {
  const { runDir } = layoutOf(cluster.record)
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    const [program = "", ...args] = commandLine(entry)
    return program.endsWith("conmon") && args.some((arg) => arg.startsWith(`${runDir}/`)) ? [Number(entry)] : []
  })
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
  } catch {
    // It has ended meanwhile.
    return []
  }
}

function memoryMb(pid: number, field: "Rss" | "Pss"): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) / 1024
}
