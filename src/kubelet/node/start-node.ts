import type { RuntimeStatus } from "../../runtime/runtime.ts"
import type { Offer } from "../device-plugins/plugin-resources.ts"
import type { NodePressure } from "../eviction/node-pressure.ts"
import type { KubeletOptions } from "../options.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import { timeOfMs } from "../status/times.ts"
import { keepLease } from "./lease.ts"
import { lookAtRuntime, RUNTIME_DOWN, type RuntimeLook } from "./look-at-runtime.ts"
import { goArchitecture, type Machine, readDisk } from "./machine.ts"
import { nodeStatus } from "./node-status.ts"
import { followOwnNode, type OwnNode } from "./own-node.ts"
import { reportNode } from "./registration.ts"

export interface RunningNode {
  readonly registered: Promise<void>
  readonly own: OwnNode
  readonly runtimeName: string
  /** As last asked for. */
  runtimeStatus(): RuntimeStatus | undefined
  readonly labels: Readonly<Record<string, string>>
  /** Reports at once, after something changed. */
  poke(): void
  /** Resolves when nothing of it runs any more, after `signal` has aborted. */
  readonly ended: Promise<void>
}

/** Registers the node and keeps its status and lease current. */
export async function startNode(
  options: KubeletOptions,
  parts: {
    readonly machine: Machine
    readonly pressure: NodePressure
    readonly settings: KubeletSettings
    /** What plugins offer now. */
    readonly offer: () => Offer
    /** What is said about extended resources of the node is from before it was made anew. */
    readonly isNew: boolean
    /** What keeps the node from running pods, besides its runtime. */
    readonly problems: () => readonly string[]
    /** Undefined until the kubelet has looked. */
    readonly volumesInUse: () => readonly string[] | undefined
    readonly signal: AbortSignal
  },
): Promise<RunningNode> {
  const { machine, pressure, settings, signal } = parts
  const { client, nodeName, platform, runtime } = options
  const { runtimeName } = await runtime.version()
  const arch = goArchitecture()
  const labels = {
    "beta.kubernetes.io/arch": arch,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": arch,
    "kubernetes.io/hostname": options.hostname,
    "kubernetes.io/os": "linux",
    ...options.labels,
  }
  const look = lookAtRuntime(options)
  let seen: RuntimeLook | undefined
  const reporter = reportNode({
    client,
    platform,
    events: options.events,
    nodeName,
    labels,
    settings,
    resetsExtended: parts.isNew,
    ...(options.podCidrs !== undefined && { podCidrs: options.podCidrs }),
    signal,
    async status(before) {
      seen = await look()
      const facts = {
        machine,
        disk: readDisk(options.dataDir),
        pressure: pressure.conditions(),
        settings,
        offer: parts.offer(),
        nodeIps: options.nodeIps,
        hostname: options.hostname,
        serverPort: options.serverPort,
        kubeletVersion: options.kubeletVersion,
        runtime: seen.status,
        runtimeVersion: seen.version,
        images: seen.images,
        volumesInUse: parts.volumesInUse(),
        problems: [...(seen.isDown ? [RUNTIME_DOWN] : []), ...parts.problems()],
        now: timeOfMs(platform.clock.nowMs()),
      }
      return nodeStatus(facts, before)
    },
  })
  const own = followOwnNode({ client, platform, runtime, nodeName, signal, onCidrs: reporter.poke })
  const ended = keepLease({
    client,
    platform,
    nodeName,
    nodeUid: reporter.uid,
    durationSeconds: settings.node.leaseSeconds,
    signal,
  })
  return {
    registered: reporter.registered,
    own,
    runtimeStatus: () => seen?.status,
    labels,
    poke: reporter.poke,
    ended,
    runtimeName,
  }
}
