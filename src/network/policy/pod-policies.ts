import type { Pod } from "../../api/core/v1/pod.ts"
import type { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import { keyOf } from "../../client/informer.ts"
import { cidrContains, parseCidr, parseIpv4 } from "../../machinery/net/cidr.ts"
import type { Platform } from "../../platform/platform.ts"
import type { GatedPod, PodGate } from "../cni/pod-gate.ts"
import type { RuleWriter } from "../nft.ts"
import { RuleBook } from "../rule-book.ts"
import { TableWriter } from "../table-writer.ts"
import { podOf, type ToldPod } from "./pod-of.ts"
import { type NodeAlias, PolicyState } from "./policy-state.ts"
import { policyTable } from "./rules.ts"

export interface PodPoliciesOptions {
  /** Names the cluster on this machine; the table is `NAME-policies`. */
  readonly name: string
  /** The range of this node's pods. */
  readonly podCidr: string
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  readonly platform: Pick<Platform, "processes" | "log" | "clock">
}

/** Network policies on a node: keeps one nftables table in step with policies and pods. */
export interface PodPolicies extends PodGate {
  /** A pod that runs since before this process. */
  adopt(pod: GatedPod): void
  /** The namespace of the pod of this node that has the address. */
  readonly namespaceOf: (ip: string) => string | undefined
  setPolicy(policy: NetworkPolicy): void
  /** By `namespace/name`. */
  removePolicy(key: string): void
  /** Labels; undefined when it is gone. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void
  setPod(pod: Pod): void
  removePod(pod: Pod): void
  setNodes(nodes: readonly NodeAlias[]): void
  /**
   * Begins to write, whole. Until then the kernel keeps what an earlier process left there, so this is called when all
   * is known; or without it by the first new pod that has waited long enough. May be repeated.
   */
  start(): Promise<void>
  /** Resolves when all that was set before is in the kernel. */
  settled(): Promise<void>
  /** Writes everything again when someone else changed it. */
  repair(): Promise<void>
  readonly writer: RuleWriter
  /** Stops writing. The rules stay and go on working. */
  close(): Promise<void>
  /** Also removes the rules. */
  destroy(): Promise<void>
}

/** So long a new pod waits at the start for the API to say which policies there are, before the last known ones count. */
const API_PATIENCE_MS = 1000

/** https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
export function createPodPolicies(options: PodPoliciesOptions): PodPolicies {
  return new NodePolicies(options)
}

class NodePolicies implements PodPolicies {
  readonly #options: PodPoliciesOptions
  readonly #range: ReturnType<typeof parseCidr>
  readonly #state: PolicyState
  readonly #writer: TableWriter
  readonly #locals = new Map<string, GatedPod>()
  /** What the API says of pods, by uid. */
  readonly #told = new Map<string, ToldPod>()
  readonly #stop = new AbortController()
  readonly #ready = Promise.withResolvers<void>()

  constructor(options: PodPoliciesOptions) {
    const { name, podCidr, platform, netns } = options
    const table = `${name}-policies`
    const book = new RuleBook(table, policyTable(table))
    const log = platform.log.with({ component: "network-policy" })
    this.#options = options
    this.#range = parseCidr(podCidr)
    this.#state = new PolicyState(book, podCidr)
    this.#writer = new TableWriter({ table, book, platform: { ...platform, log }, netns })
  }

  adopt(pod: GatedPod): void {
    this.#locals.set(pod.sandboxId, pod)
    this.#tellLocal(pod)
  }

  readonly namespaceOf = (ip: string) => this.#locals.values().find((pod) => pod.ip === ip)?.namespace

  async admit(pod: GatedPod): Promise<void> {
    this.adopt(pod)
    if (!this.#writer.started) {
      const patience = this.#options.platform.clock.sleep(API_PATIENCE_MS, this.#stop.signal).catch(() => undefined)
      await Promise.race([this.#ready.promise, patience])
      await this.start()
    }
    await this.#writer.settled()
  }

  forget(sandboxId: string): void {
    this.#locals.delete(sandboxId)
    this.#state.removePod(localId(sandboxId))
    this.#writer.changed()
  }

  setPolicy(policy: NetworkPolicy): void {
    this.#state.setPolicy(keyOf(policy), policy)
    this.#writer.changed()
  }

  removePolicy(key: string): void {
    this.#state.removePolicy(key)
    this.#writer.changed()
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    this.#state.setNamespace(name, labels)
    this.#writer.changed()
  }

  setPod(object: Pod): void {
    const pod = podOf(object)
    if (pod === undefined) return this.removePod(object)
    this.#told.set(pod.uid, pod)
    for (const local of this.#locals.values()) if (local.podUid === pod.uid) this.#tellLocal(local)
    const { ip } = pod
    // Of this node's own addresses the node knows best whose they are.
    const isElsewhere = ip !== undefined && !cidrContains(this.#range, parseIpv4(ip))
    if (isElsewhere && !pod.ended) this.#state.setPod(remoteId(object), { ...pod, ip })
    else this.#state.removePod(remoteId(object))
    this.#writer.changed()
  }

  removePod(object: Pod): void {
    this.#told.delete(object.metadata.uid)
    this.#state.removePod(remoteId(object))
    this.#writer.changed()
  }

  setNodes(nodes: readonly NodeAlias[]): void {
    this.#state.setNodes(nodes)
    this.#writer.changed()
  }

  async start(): Promise<void> {
    this.#ready.resolve()
    if (!this.#writer.started) await this.#writer.start()
  }

  settled(): Promise<void> {
    return this.#writer.settled()
  }

  repair(): Promise<void> {
    return this.#writer.repair()
  }

  get writer(): RuleWriter {
    return this.#writer.counts
  }

  close(): Promise<void> {
    this.#stop.abort()
    return this.#writer.close()
  }

  destroy(): Promise<void> {
    this.#stop.abort()
    return this.#writer.destroy()
  }

  #tellLocal({ sandboxId, podUid, namespace, labels, ip }: GatedPod): void {
    // The API may not know of it yet, or no longer; then what it was started with counts.
    const { labels: told = labels, ports = [], ended = false } = this.#told.get(podUid) ?? {}
    this.#state.setPod(localId(sandboxId), { uid: podUid, namespace, labels: told, ip, ports, ended })
    this.#writer.changed()
  }
}

const localId = (sandboxId: string): string => `here ${sandboxId}`
const remoteId = (pod: Pod): string => `elsewhere ${keyOf(pod)}`
