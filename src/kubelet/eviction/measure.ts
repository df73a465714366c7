import { readdir, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerStats, ContainerStatus } from "../../runtime/runtime.ts"
import type { Environment } from "../environment.ts"
import { newest, type PodRuntime, readySandbox } from "../pod/facts.ts"
import type { ContainerUsage, DiskAmount, PodUsage } from "./pod-usage.ts"

/** st_blocks counts these, whatever the file system's own block size. */
const blockBytes = 512

/** Measures one pod. Walks its volumes and what its containers wrote, so it is not for every pod all the time. */
export async function measure(
  { runtime, view, volumes }: Pick<Environment, "runtime" | "view" | "volumes">,
  pod: Pod,
): Promise<PodUsage | undefined> {
  const held = view.of(pod.metadata.uid)
  const sandbox = readySandbox(held)
  if (sandbox === undefined) return undefined
  const [stats, used] = await Promise.all([runtime.podSandboxStats(sandbox.id), volumes.usage(pod)])
  const containers = await Promise.all(current(held, stats.containers).map(containerUsage))
  return {
    containers,
    volumes: used
      .filter(({ isLocal }) => isLocal)
      .map(({ inMemory, inodesUsed, name, usedBytes }) => {
        return { name, inMemory, bytes: usedBytes, inodes: inodesUsed }
      }),
    ...(stats.memory && { memoryBytes: stats.memory.workingSetBytes }),
    ...(stats.pids !== undefined && { pids: stats.pids }),
  }
}

interface Measured {
  readonly stats: ContainerStats
  readonly status: ContainerStatus
}

/** The newest instance of each container: what earlier ones have written goes with them. */
function current(held: PodRuntime, all: readonly ContainerStats[]): Measured[] {
  return all.flatMap((stats) => {
    const status = newest(held, stats.metadata.name)
    return status?.id === stats.id ? [{ stats, status }] : []
  })
}

async function containerUsage({ stats, status }: Measured): Promise<ContainerUsage> {
  const { memory, metadata, writableLayer } = stats
  return {
    name: metadata.name,
    ...(memory && { memoryBytes: memory.workingSetBytes }),
    written: { bytes: writableLayer.usedBytes, inodes: writableLayer.inodesUsed },
    logs: await logUse(status.logPath),
  }
}

/** A log and its rotated parts. */
async function logUse(path: string): Promise<DiskAmount> {
  const folder = dirname(path)
  const names = path === "" ? [] : await readdir(folder).catch(() => [])
  const own = names.filter((name) => name === basename(path) || name.startsWith(`${basename(path)}.`))
  const found = await Promise.all(own.map((name) => stat(join(folder, name)).catch(() => undefined)))
  const bytes = found.reduce((sum, each) => sum + (each?.blocks ?? 0) * blockBytes, 0)
  return { bytes, inodes: found.filter((each) => each !== undefined).length }
}
