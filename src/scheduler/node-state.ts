import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { type Amounts, amountsOf, podRequests } from "../api/core/v1/pod-resources.ts"
import { keyOf } from "../client/informer.ts"

/** A pod on a node, with what it takes there computed once. */
export interface PlacedPod {
  readonly pod: Pod
  readonly requests: Amounts
  /** With small stand-ins for what is not requested, so that many such pods still count when scoring. */
  readonly scoringRequests: Amounts
  readonly ports: readonly HostPort[]
}

export interface HostPort {
  readonly protocol: string
  readonly ip: string
  readonly port: number
}

/** Stand-ins for scoring: 0.1 core and 200 MiB per container. */
const SCORING_REQUESTS: Amounts = new Map([
  ["cpu", 100],
  ["memory", 200 * 1024 * 1024],
])
/** The largest number of pods when a node does not say. */
const NO_PODS = 0

export function placed(pod: Pod): PlacedPod {
  return { pod, requests: podRequests(pod), scoringRequests: podRequests(pod, SCORING_REQUESTS), ports: hostPorts(pod) }
}

export function hostPorts(pod: Pod): HostPort[] {
  const restartable = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always")
  return [...pod.spec.containers, ...restartable].flatMap((container) =>
    (container.ports ?? [])
      .filter(({ hostPort }) => (hostPort ?? 0) > 0)
      .map(({ hostPort = 0, hostIP, protocol }) => ({
        port: hostPort,
        ip: hostIP === undefined || hostIP === "" || hostIP === "::" ? "0.0.0.0" : hostIP,
        protocol: protocol ?? "TCP",
      })),
  )
}

/** A node and what is placed on it, kept up to date pod by pod. */
export class NodeState {
  node: Node
  allocatable: Amounts
  readonly pods = new Map<string, PlacedPod>()
  /** Those of them with an anti-affinity. They are few, and every new pod must be checked against all of them. */
  readonly repelling = new Map<string, PlacedPod>()
  readonly requested = new Map<string, number>()
  readonly scoringRequested = new Map<string, number>()
  /** Image names on the node and their size in bytes. */
  images: ReadonlyMap<string, number>

  constructor(node: Node) {
    this.node = node
    this.allocatable = amountsOf(node.status.allocatable)
    this.images = imagesOf(node)
  }

  get name(): string {
    return this.node.metadata.name
  }

  get labels(): Readonly<Record<string, string>> {
    return this.node.metadata.labels ?? {}
  }

  get podsMax(): number {
    return this.allocatable.get("pods") ?? NO_PODS
  }

  update(node: Node): void {
    this.node = node
    this.allocatable = amountsOf(node.status.allocatable)
    this.images = imagesOf(node)
  }

  /** The same node with the same pods, to try out changes on. */
  copy(): NodeState {
    const copy = new NodeState(this.node)
    for (const entry of this.pods.values()) copy.add(entry)
    return copy
  }

  add(entry: PlacedPod): void {
    const key = keyOf(entry.pod)
    this.pods.set(key, entry)
    if (entry.pod.spec.affinity?.podAntiAffinity !== undefined) this.repelling.set(key, entry)
    accumulate(this.requested, entry.requests, 1)
    accumulate(this.scoringRequested, entry.scoringRequests, 1)
  }

  remove(key: string): void {
    const entry = this.pods.get(key)
    if (entry === undefined) return
    this.pods.delete(key)
    this.repelling.delete(key)
    accumulate(this.requested, entry.requests, -1)
    accumulate(this.scoringRequested, entry.scoringRequests, -1)
  }
}

function accumulate(totals: Map<string, number>, amounts: Amounts, sign: 1 | -1): void {
  for (const [name, amount] of amounts) totals.set(name, (totals.get(name) ?? 0) + sign * amount)
}

function imagesOf(node: Node): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const image of node.status.images ?? []) {
    for (const name of image.names ?? []) sizes.set(name, image.sizeBytes ?? 0)
  }
  return sizes
}
