import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { type Amounts, amountsOf, podRequests } from "../api/core/v1/pod-resources.ts"
import { type Key, keyOf } from "../client/informer.ts"
import { type AffinityTerm, affinityTermsOf } from "./counts/affinity-terms.ts"
import { isSame } from "./events.ts"
import { Resources } from "./resources.ts"

/** A pod with what it takes on a node, computed once. */
export interface PlacedPod {
  readonly pod: Pod
  readonly key: Key
  readonly priority: number
  readonly requests: Resources
  /** With small stand-ins for what is not requested, so that many such pods still count when scoring. */
  readonly scoringRequests: Resources
  readonly ports: readonly HostPort[]
  /** What it has to say about the pods near it. */
  readonly terms: readonly AffinityTerm[]
}

export interface HostPort {
  readonly protocol: string
  readonly ip: string
  readonly port: number
}

/** Stand-ins for scoring: 0.1 core and 200 MB per container. */
const SCORING_REQUESTS: Amounts = new Map([
  ["cpu", 100],
  ["memory", 200 * 1024 * 1024],
])
/** The largest number of pods when a node does not say. */
const NO_PODS = 0

const placedPods = new WeakMap<Pod, PlacedPod>()

/** What a pod takes. Objects of the API never change, so the answer for one is kept as long as it is. */
export function placed(pod: Pod): PlacedPod {
  let known = placedPods.get(pod)
  if (known === undefined) {
    known = {
      pod,
      key: keyOf(pod),
      priority: pod.spec.priority ?? 0,
      requests: Resources.of(podRequests(pod)),
      scoringRequests: Resources.of(podRequests(pod, SCORING_REQUESTS)),
      ports: hostPorts(pod),
      terms: affinityTermsOf(pod),
    }
    placedPods.set(pod, known)
  }
  return known
}

export function hostPorts({ spec }: Pod): readonly HostPort[] {
  const restartable = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")
  return [...spec.containers, ...restartable].flatMap((container) =>
    (container.ports ?? [])
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ hostPort = 0, hostIP, protocol }) => ({
        port: hostPort,
        ip: hostIP || "0.0.0.0",
        protocol: protocol || "TCP",
      })),
  )
}

/** A node and what is placed on it, kept up to date pod by pod. */
export class NodeState {
  readonly name: string
  node: Node
  allocatable: Resources
  podsMax: number
  labels: Readonly<Record<string, string>>
  readonly pods = new Map<string, PlacedPod>()
  /** Those of them that take ports of the host. */
  readonly withPorts = new Map<string, PlacedPod>()
  readonly requested = new Resources()
  readonly scoringRequested = new Resources()
  /** Image names on the node and their size in bytes. */
  images: ReadonlyMap<string, number>

  constructor(node: Node) {
    this.name = node.metadata.name
    this.node = node
    this.labels = node.metadata.labels ?? {}
    const allocatable = amountsOf(node.status.allocatable)
    this.allocatable = Resources.of(allocatable)
    this.podsMax = allocatable.get("pods") ?? NO_PODS
    this.images = imagesOf(node)
  }

  /** The value of a label; names of labels come from outside. */
  label(key: string): string | undefined {
    return Object.hasOwn(this.labels, key) ? this.labels[key] : undefined
  }

  update(node: Node): void {
    const { node: before } = this
    this.node = node
    this.labels = node.metadata.labels ?? {}
    if (node.status.allocatable !== before.status.allocatable) {
      const allocatable = amountsOf(node.status.allocatable)
      this.allocatable = Resources.of(allocatable)
      this.podsMax = allocatable.get("pods") ?? NO_PODS
    }
    if (node.status.images !== before.status.images) this.images = imagesOf(node)
  }

  add(entry: PlacedPod): void {
    const { key } = entry
    this.pods.set(key, entry)
    if (entry.ports.length > 0) this.withPorts.set(key, entry)
    this.requested.add(entry.requests, 1)
    this.scoringRequested.add(entry.scoringRequests, 1)
  }

  /** Puts the new version of a pod in the place of the old one, if it takes the same. */
  replace(key: string, pod: Pod): boolean {
    const before = this.pods.get(key)
    if (before === undefined) return false
    const entry = placed(pod)
    if (!takesTheSame(before, entry)) return false
    this.pods.set(key, entry)
    if (entry.ports.length > 0) this.withPorts.set(key, entry)
    return true
  }

  /** Brings pods that were taken away and put back into the order they had, in which equals are looked at. */
  reorder(pods: Iterable<PlacedPod>): void {
    this.pods.clear()
    for (const entry of pods) this.pods.set(entry.key, entry)
  }

  remove(key: Key): void {
    const entry = this.pods.get(key)
    if (entry === undefined) return
    this.pods.delete(key)
    if (entry.ports.length > 0) this.withPorts.delete(key)
    this.requested.add(entry.requests, -1)
    this.scoringRequested.add(entry.scoringRequests, -1)
  }
}

/** Whether everything that is counted about two versions of a pod is the same. */
function takesTheSame(before: PlacedPod, now: PlacedPod): boolean {
  const [old, metadata] = [before.pod.metadata, now.pod.metadata]
  return (
    before.requests.equals(now.requests) &&
    before.scoringRequests.equals(now.scoringRequests) &&
    (old.deletionTimestamp === undefined) === (metadata.deletionTimestamp === undefined) &&
    isSame(old.labels, metadata.labels) &&
    isSame(before.ports, now.ports) &&
    before.terms.length === now.terms.length &&
    before.terms.every(({ key }, index) => key === now.terms[index]?.key)
  )
}

function imagesOf(node: Node): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const image of node.status.images ?? []) {
    for (const name of image.names ?? []) sizes.set(name, image.sizeBytes ?? 0)
  }
  return sizes
}
