import { readFile, statfs } from "node:fs/promises"
import type { FilesystemStats } from "./summary-types.ts"

/** What the whole machine uses. */
export interface NodeUsage {
  /** Milliseconds since the Unix epoch. */
  readonly bootedAtMs: number
  readonly cpuNs: bigint
  readonly memory: {
    readonly totalBytes: number
    readonly availableBytes: number
    readonly usageBytes: number
    readonly workingSetBytes: number
    readonly rssBytes: number
    readonly pageFaults: number
    readonly majorPageFaults: number
  }
  /** The file system that holds the node's folder. */
  readonly filesystem: FilesystemStats
  readonly processes: number
  readonly processesMax: number
  readonly cpus: number
}

// The kernel's unit of CPU time in /proc/stat, which has been this on every architecture.
const TICK_NS = 10_000_000n

/** Reads /proc and the file system that holds `dataDir`. */
export async function readNodeUsage(dataDir: string): Promise<NodeUsage> {
  const [stat, meminfo, vmstat, loadavg, pidMax, system] = await Promise.all([
    readFile("/proc/stat", "utf8"),
    readFile("/proc/meminfo", "utf8"),
    readFile("/proc/vmstat", "utf8"),
    readFile("/proc/loadavg", "utf8"),
    readFile("/proc/sys/kernel/pid_max", "utf8"),
    statfs(dataDir),
  ])
  const memory = new Map(lines(meminfo).map((line) => [line[0]?.replace(":", "") ?? "", Number(line[1]) * 1024]))
  const faults = new Map(lines(vmstat).map((line) => [line[0] ?? "", Number(line[1])]))
  const amount = (name: string) => memory.get(name) ?? 0
  // user, nice, system, (idle, iowait), irq, softirq, steal
  const ticks = lines(stat)[0]?.slice(1).map(Number) ?? []
  const busy = [0, 1, 2, 5, 6, 7].reduce((sum, index) => sum + (ticks[index] ?? 0), 0)
  const usageBytes = amount("MemTotal") - amount("MemFree")
  return {
    bootedAtMs: Number(lines(stat).find(([name]) => name === "btime")?.[1] ?? 0) * 1000,
    cpuNs: BigInt(busy) * TICK_NS,
    memory: {
      totalBytes: amount("MemTotal"),
      availableBytes: amount("MemAvailable"),
      usageBytes,
      workingSetBytes: Math.max(0, usageBytes - amount("Inactive(file)")),
      rssBytes: amount("AnonPages"),
      pageFaults: faults.get("pgfault") ?? 0,
      majorPageFaults: faults.get("pgmajfault") ?? 0,
    },
    filesystem: {
      availableBytes: system.bavail * system.bsize,
      capacityBytes: system.blocks * system.bsize,
      usedBytes: (system.blocks - system.bfree) * system.bsize,
      inodesFree: system.ffree,
      inodes: system.files,
      inodesUsed: system.files - system.ffree,
    },
    processes: Number(/\/(\d+)/.exec(loadavg)?.[1] ?? 0),
    processesMax: Number(pidMax),
    cpus: lines(stat).filter(([name]) => /^cpu\d/.test(name ?? "")).length,
  }
}

function lines(text: string): string[][] {
  return text.split("\n").map((line) => line.trim().split(/\s+/))
}
