import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { type Amounts, amountsOf, podRequests } from "../../api/core/v1/pod-resources.ts"
import { DeviceClass } from "../../api/resource/v1/device-class.ts"
import { ADD, DELETE, NODE_ALLOCATABLE, POD_SCALED_DOWN, UPDATE, wake } from "../events.ts"
import { comeBefore } from "../filtering.ts"
import type { PluginFactory, Rejection } from "../framework.ts"
import { type NodeState, type PlacedPod, placed } from "../node-state.ts"
import { deviceClassesOf } from "./dynamic-resources/device-classes.ts"
import { mayBeBackedByDevices } from "./dynamic-resources/extended-resources.ts"
import {
  allocationScore,
  hasStandIn,
  isScalar,
  leastAllocated,
  mostAllocated,
  requestedToCapacityRatio,
  type ScoringStrategy,
} from "./resource-scoring.ts"

export interface NodeResourcesFitArgs {
  /** Extended resources that are not looked at, as someone else does. */
  readonly ignoredResources?: readonly string[]
  /** The same for all whose name begins with one of these and a slash. */
  readonly ignoredResourceGroups?: readonly string[]
  readonly scoringStrategy: ScoringStrategy
}

/** Room for the pod's requests, and a preference for nodes by how much of them is in use. */
export const nodeResourcesFit: PluginFactory<NodeResourcesFitArgs> = (host, args) => {
  const { cluster } = host
  const ignoredNames = new Set(args.ignoredResources)
  const ignoredGroups = new Set(args.ignoredResourceGroups)
  const isIgnored = (name: string) =>
    isScalar(name) && (ignoredNames.has(name) || (name.includes("/") && ignoredGroups.has(name.split("/")[0] ?? "")))
  const { resources } = args.scoringStrategy
  const classes = deviceClassesOf(host)
  /** A node without the resource may have devices that stand for it, which DynamicResources looks for. */
  const isBacked = (name: string) => mayBeBackedByDevices(name) && classes.behind(name) !== undefined
  const wantedByPods = new WeakMap<Pod, readonly Wanted[]>()
  /** Waiting pods are asked about again and again. */
  const wantedBy = (pod: Pod): readonly Wanted[] => {
    let wanted = wantedByPods.get(pod)
    if (wanted === undefined) {
      wanted = positive(podRequests(pod)).filter(({ name }) => !isIgnored(name))
      wantedByPods.set(pod, wanted)
    }
    return wanted
  }
  /** Whether the node that a pod has left takes this one now, next to those that come before it there. */
  const hasRoom = (pod: Pod, gone: Pod): boolean => {
    const node = cluster.nodes.get(gone.spec.nodeName || gone.status.nominatedNodeName || "")
    if (node === undefined) return false
    const ahead = comeBefore(pod, cluster.nominations.on(node.name).values())
    return fit(node, wantedBy(pod), isBacked, ahead) === undefined
  }
  return {
    name: "NodeResourcesFit",
    preFilter: (pod) => {
      const requests = wantedBy(pod)
      const filter = (node: NodeState) => fit(node, requests, isBacked)
      // What devices there are is not said by nodes.
      return requests.some(({ name }) => isBacked(name)) ? { filter } : { filter, signature: JSON.stringify(requests) }
    },
    preScore: (pod) => {
      const { requests, scoringRequests } = placed(pod)
      const wanted = resources.map(({ name }) => (hasStandIn(name) ? scoringRequests : requests).get(name))
      const total = scorer(args.scoringStrategy, wanted)
      return { score: (node) => total(node.allocatable, node.requested, node.scoringRequested) }
    },
    wakesOn: [
      wake(Pod, DELETE | POD_SCALED_DOWN, (pod, { object, previous }) => {
        if (previous === undefined) return true
        if (object === undefined) return hasRoom(pod, previous)
        if (object.metadata.uid !== pod.metadata.uid && !object.spec.nodeName) return false
        return object.metadata.uid === pod.metadata.uid || frees(pod, object, previous)
      }),
      wake(Node, ADD | NODE_ALLOCATABLE, (pod, { object, previous }) => {
        if (object === undefined) return true
        const requests = wantedBy(pod)
        const now = amountsOf(object.status.allocatable)
        const isEnough = ({ name, amount }: Wanted) =>
          amount <= (now.get(name) ?? 0) || (!now.get(name) && isBacked(name))
        const fits = (now.get("pods") ?? 0) >= 1 && requests.every(isEnough)
        return fits && (previous === undefined || grew(requests, now, amountsOf(previous.status.allocatable)))
      }),
      wake(DeviceClass, ADD | UPDATE, (pod) => wantedBy(pod).some(({ name }) => isBacked(name))),
    ],
  }
}

function scorer(strategy: ScoringStrategy, wanted: readonly number[]) {
  const { type, resources, requestedToCapacityRatio: ratio } = strategy
  switch (type) {
    case "LeastAllocated":
      return allocationScore(resources, wanted, leastAllocated, Math.trunc)
    case "MostAllocated":
      return allocationScore(resources, wanted, mostAllocated, Math.trunc)
    case "RequestedToCapacityRatio":
      return allocationScore(resources, wanted, requestedToCapacityRatio(ratio?.shape ?? []), Math.round)
  }
}

interface Wanted {
  readonly name: string
  readonly amount: number
}

const positive = (requests: Amounts): readonly Wanted[] =>
  [...requests].flatMap(([name, amount]) => (amount > 0 ? [{ name, amount }] : []))

/** Whether another pod now leaves more of what this one wants. */
function frees(pod: Pod, other: Pod, previous: Pod): boolean {
  const now = podRequests(other)
  const before = podRequests(previous)
  return positive(podRequests(pod)).some(({ name }) => (before.get(name) ?? 0) > (now.get(name) ?? 0))
}

function grew(requests: readonly Wanted[], now: Amounts, before: Amounts): boolean {
  const more = (name: string) => (now.get(name) ?? 0) > (before.get(name) ?? 0)
  return more("pods") || requests.some(({ name }) => more(name))
}

/** `more`: pods that are not there, but have to be left room for. */
function fit(
  node: NodeState,
  requests: readonly Wanted[],
  isBacked: (resource: string) => boolean,
  more: readonly PlacedPod[] = NOBODY,
): Rejection | undefined {
  const { allocatable, requested } = node
  let reasons: string[] | undefined
  let unresolvable = false
  if (node.pods.size + more.length + 1 > node.podsMax) reasons = ["Too many pods"]
  for (const { name, amount } of requests) {
    const capacity = allocatable.get(name)
    let free = capacity - requested.get(name)
    for (const other of more) free -= other.requests.get(name)
    if (amount <= free || (capacity === 0 && isBacked(name))) continue
    reasons ??= []
    reasons.push(`Insufficient ${name}`)
    unresolvable ||= amount > capacity
  }
  return reasons && shared(reasons, unresolvable)
}
const NOBODY: readonly PlacedPod[] = []

/** Few different ones are said of many nodes. */
const rejections = new Map<string, Rejection>()
const REJECTIONS_MAX = 1024

function shared(reasons: readonly string[], unresolvable: boolean): Rejection {
  const key = `${unresolvable} ${reasons.join("\n")}`
  let rejection = rejections.get(key)
  if (rejection === undefined) {
    if (rejections.size >= REJECTIONS_MAX) rejections.clear()
    rejections.set(key, (rejection = { reasons, unresolvable }))
  }
  return rejection
}
