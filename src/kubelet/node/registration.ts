import { isDeepStrictEqual } from "node:util"
import { Node } from "../../api/core/v1/node.ts"
import type { NodeCondition, NodeStatus } from "../../api/core/v1/node-status.ts"
import type { Client } from "../../client/client.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import type { Platform } from "../../platform/platform.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import { extendedOf } from "./node-status.ts"

/** Volumes are attached and detached by the control plane, not by the node itself. */
const ANNOTATIONS = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" }
const retryMs = 500

export interface NodeReporter {
  /** Resolves when the node exists and its first status is written. */
  readonly registered: Promise<void>
  /** Looks at once, after something changed. */
  poke(): void
  uid(): string | undefined
}

/** Registers the node and keeps its status current until `signal` aborts. */
export function reportNode(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly events: Pick<EventRecorder, "record">
  readonly nodeName: string
  readonly labels: Readonly<Record<string, string>>
  readonly settings: Pick<KubeletSettings, "node" | "providerId" | "taints">
  /** The node's pod ranges, where they are fixed; otherwise a controller gives it some. */
  readonly podCidrs?: readonly string[]
  /** What a node of this name has of extended resources is not this one's. */
  readonly resetsExtended?: boolean
  readonly status: (before: NodeStatus) => Promise<NodeStatus>
  readonly signal: AbortSignal
}): NodeReporter {
  const { client, nodeName, platform, signal } = options
  const { lookEveryMs, reportEveryMs } = options.settings.node
  const nodes = client.of(Node)
  const registered = Promise.withResolvers<void>()
  let uid: string | undefined
  let conditions: readonly NodeCondition[] = []
  let reported: NodeStatus | undefined
  let reportedAtMs = 0
  let wake: (() => void) | undefined
  let poked = false

  const register = async (): Promise<void> => {
    const own = { labels: options.labels, annotations: ANNOTATIONS }
    const metadata = { name: nodeName, ...own }
    try {
      const { providerId, taints: all } = options.settings
      const taints = { ...(all.length > 0 && { taints: all }), ...(providerId && { providerID: providerId }) }
      const { podCidrs: [podCIDR, ...others] = [] } = options
      const range = podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR, ...others] }
      const node = await nodes.create({ metadata, spec: { ...taints, ...range } })
      uid = node.metadata.uid
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      const node = await nodes.patch({ name: nodeName }, { metadata: own }, { type: "merge" })
      uid = node.metadata.uid
      conditions = node.status.conditions ?? []
      const stale = options.resetsExtended ? extendedOf(node.status.capacity) : {}
      if (Object.keys(stale).length === 0) return
      const none = Object.fromEntries(Object.keys(stale).map((name) => [name, "0"]))
      const status = { capacity: none, allocatable: none }
      await nodes.patch({ name: nodeName }, { status }, { type: "strategic", subresource: "status" })
    }
  }
  const report = async (): Promise<void> => {
    // A controller may have said meanwhile that the node is silent, and that must not stay.
    const { status: before } = await nodes.get({ name: nodeName })
    conditions = before.conditions ?? []
    const status = await options.status(before)
    const dropped = Object.keys(extendedOf(before.allocatable)).filter(
      (name) => status.allocatable?.[name] === undefined,
    )
    const nowMs = platform.clock.monotonicMs()
    const stale = nowMs - reportedAtMs >= reportEveryMs
    const isKnown = reported !== undefined && isDeepStrictEqual(withoutTimes(status), withoutTimes(reported))
    if (isKnown && !stale && dropped.length === 0 && standsIn(conditions, status.conditions ?? [])) return
    // An address that went away must not stay, as merging by type would have it.
    const addresses = [...(status.addresses ?? []), { $patch: "replace" }]
    const allocatable = { ...status.allocatable, ...Object.fromEntries(dropped.map((name) => [name, null])) }
    await nodes.patch(
      { name: nodeName },
      { status: { ...status, addresses, allocatable } },
      { type: "strategic", subresource: "status" },
    )
    announce(status.conditions ?? [])
    reported = status
    conditions = status.conditions ?? []
    reportedAtMs = nowMs
  }
  /** Events about nodes name the node as their uid, as they always have. */
  const say = (reason: string, message: string) =>
    options.events.record(
      { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } },
      "Normal",
      reason,
      message,
    )
  const announce = (now: readonly NodeCondition[]) => {
    if (reported === undefined) say("Starting", "Starting kubelet.")
    for (const { reason = "", status, type } of now) {
      const before = conditions.find((condition) => condition.type === type)
      if (before?.status === status) continue
      const event = type === "Ready" ? (status === "True" ? "NodeReady" : "NodeNotReady") : conditionEvent(type, status)
      if (event !== undefined && reason !== "") say(event, `Node ${nodeName} status is now: ${event}`)
    }
  }
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      let pauseMs = lookEveryMs
      try {
        if (uid === undefined) await register()
        await report()
        registered.resolve()
      } catch (error) {
        if (isNotFound(error)) uid = undefined
        pauseMs = retryMs
        if (!signal.aborted) platform.log.warn("the node's status was not written and will be retried", { error })
      }
      await pause(pauseMs)
    }
  }
  const pause = async (ms: number): Promise<void> => {
    if (poked) {
      poked = false
      return
    }
    const stop = new AbortController()
    wake = () => stop.abort()
    await platform.clock.sleep(ms, AbortSignal.any([signal, stop.signal])).catch(() => undefined)
    wake = undefined
  }
  void run()
  return {
    registered: registered.promise,
    poke() {
      if (wake === undefined) poked = true
      else wake()
    },
    uid: () => uid,
  }
}

function conditionEvent(type: string, status: string): string | undefined {
  return conditionEvents.get(`${type}=${status}`)
}

const conditionEvents: ReadonlyMap<string, string> = new Map([
  ["MemoryPressure=True", "NodeHasInsufficientMemory"],
  ["MemoryPressure=False", "NodeHasSufficientMemory"],
  ["DiskPressure=True", "NodeHasDiskPressure"],
  ["DiskPressure=False", "NodeHasNoDiskPressure"],
  ["PIDPressure=True", "NodeHasInsufficientPID"],
  ["PIDPressure=False", "NodeHasSufficientPID"],
])

/** Whether the conditions are stored with what they say. */
function standsIn(stored: readonly NodeCondition[], own: readonly NodeCondition[]): boolean {
  return own.every(({ message, reason, status, type }) =>
    stored.some(
      (each) => each.type === type && each.status === status && each.reason === reason && each.message === message,
    ),
  )
}

function withoutTimes(status: NodeStatus): NodeStatus {
  const conditions = (status.conditions ?? []).map((condition) => ({ ...condition, lastHeartbeatTime: "" }))
  return { ...status, conditions }
}
