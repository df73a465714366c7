import type { ContainerFilter } from "../container.ts"
import { matchesLabels } from "../labels.ts"
import type { RuntimeEvent, RuntimeStatus } from "../runtime.ts"
import type { SandboxId } from "../sandbox.ts"
import type { ContainerStats, PodSandboxStats } from "../stats.ts"
import { containersOf, type FakeContainer, type FakeState, needSandbox, nowNs, podUidOf } from "./state.ts"

const features = { recursiveReadOnlyMounts: true, userNamespaces: false }
export const readyStatus: RuntimeStatus = {
  conditions: [
    { type: "RuntimeReady", status: true, reason: "", message: "" },
    { type: "NetworkReady", status: true, reason: "", message: "" },
  ],
  handlers: [{ name: "", features }],
  features: { supplementalGroupsPolicy: true },
  warnings: [],
}

export function listContainers(state: FakeState, filter: ContainerFilter = {}): FakeContainer[] {
  return [...state.containers.values()].filter(({ status }) => {
    if (filter.id !== undefined && status.id !== filter.id) return false
    if (filter.sandboxId !== undefined && status.sandboxId !== filter.sandboxId) return false
    if (filter.state !== undefined && status.state !== filter.state) return false
    return matchesLabels(status.labels, filter.labelSelector)
  })
}

export function statsOf(state: FakeState, { status }: FakeContainer): ContainerStats {
  const timestampNs = nowNs(state.clock)
  const { id, sandboxId, metadata, labels, annotations } = status
  const writableLayer = { timestampNs, mountpoint: "/", usedBytes: 0, inodesUsed: 1 }
  if (status.state !== "RUNNING") return { id, sandboxId, metadata, labels, annotations, writableLayer }
  const memory = { timestampNs, workingSetBytes: 1, usageBytes: 1, rssBytes: 1, pageFaults: 0, majorPageFaults: 0 }
  const cpu = { timestampNs, usageCoreNs: 0n }
  return { id, sandboxId, metadata, labels, annotations, cpu, memory, pids: 1, writableLayer }
}

export function podStats(state: FakeState, id: SandboxId): PodSandboxStats {
  const { config } = needSandbox(state, id)
  const { metadata, labels, annotations } = config
  const containers = containersOf(state, id).map((container) => statsOf(state, container))
  const pids = containers.reduce((sum, each) => sum + (each.pids ?? 0), 0)
  return { id, metadata, labels, annotations, pids, network: [], containers }
}

export function currentState(state: FakeState): RuntimeEvent[] {
  return [
    ...[...state.sandboxes.values()].map(({ status }) => ({ type: "sandbox", sandbox: status }) as const),
    ...[...state.containers.values()].map(
      (entry) => ({ type: "container", podUid: podUidOf(state, entry), container: entry.status }) as const,
    ),
  ]
}
