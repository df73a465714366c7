import type { Pod } from "../../api/core/v1/pod.ts"
import type { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import { keyOf } from "../../client/informer.ts"
import { cidrContains, familyOf, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"
import type { Platform } from "../../platform/platform.ts"
import type { GatedPod, PodGate } from "../cni/pod-gate.ts"
import { familyFor, ofFamily } from "../family.ts"
import type { RuleWriter } from "../nft.ts"
import { RuleBook } from "../rule-book.ts"
import { TableWriter } from "../table-writer.ts"
import { podOf, type ToldPod } from "./pod-of.ts"
import { type NodeAlias, PolicyState } from "./policy-state.ts"
import { policyTable } from "./rules.ts"

export interface PodPoliciesOptions {
  /** Names the cluster on this machine; the tables are `NAME-policies`. */
  readonly name: string
  /** The ranges of this node's pods, one of each family that they have. */
  readonly podCidrs: readonly string[]
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  readonly platform: Pick<Platform, "processes" | "log" | "clock">
}

/** Network policies on a node: keeps one nftables table for each family in step with policies and pods. */
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
  repair(): Promise<readonly string[]>
  readonly writers: readonly RuleWriter[]
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

/** One family's share. */
interface FamilyPolicies {
  readonly podCidr: string
  readonly state: PolicyState
  readonly writer: TableWriter
}

class NodePolicies implements PodPolicies {
  readonly #options: PodPoliciesOptions
  readonly #families: readonly FamilyPolicies[]
  readonly #locals = new Map<string, GatedPod>()
  /** What the API says of pods, by uid. */
  readonly #told = new Map<string, ToldPod>()
  readonly #stop = new AbortController()
  readonly #ready = Promise.withResolvers<void>()

  constructor(options: PodPoliciesOptions) {
    const { name, podCidrs, platform, netns } = options
    const log = platform.log.with({ component: "network-policy" })
    this.#options = options
    this.#families = podCidrs.map((podCidr) => {
      const family = familyFor(podCidr)
      const table = `${family.nft} ${name}-policies`
      const book = new RuleBook(table, policyTable(`${name}-policies`, family))
      const writer = new TableWriter({ table, book, platform: { ...platform, log }, netns })
      return { podCidr, state: new PolicyState(book, podCidr), writer }
    })
  }

  adopt(pod: GatedPod): void {
    this.#locals.set(pod.sandboxId, pod)
    this.#tellLocal(pod)
  }

  readonly namespaceOf = (ip: string) => this.#locals.values().find(({ ips }) => ips.includes(ip))?.namespace

  async admit(pod: GatedPod): Promise<void> {
    this.adopt(pod)
    if (!this.#isStarted) {
      const patience = this.#options.platform.clock.sleep(API_PATIENCE_MS, this.#stop.signal).catch(() => undefined)
      await Promise.race([this.#ready.promise, patience])
      await this.start()
    }
    await this.settled()
  }

  forget(sandboxId: string): void {
    this.#locals.delete(sandboxId)
    this.#change(({ state }) => state.removePod(localId(sandboxId)))
  }

  setPolicy(policy: NetworkPolicy): void {
    this.#change(({ state }) => state.setPolicy(keyOf(policy), policy))
  }

  removePolicy(key: string): void {
    this.#change(({ state }) => state.removePolicy(key))
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    this.#change(({ state }) => state.setNamespace(name, labels))
  }

  setPod(object: Pod): void {
    const pod = podOf(object)
    if (pod === undefined) return this.removePod(object)
    this.#told.set(pod.uid, pod)
    for (const local of this.#locals.values()) if (local.podUid === pod.uid) this.#tellLocal(local)
    this.#change(({ podCidr, state }) => {
      const ip = ofFamily(pod.ips, podCidr)
      // Of this node's own addresses the node knows best whose they are.
      const isElsewhere = ip !== undefined && !cidrContains(parseCidr(podCidr), parseAddress(ip))
      if (isElsewhere && !pod.ended) state.setPod(remoteId(object), { ...pod, ip })
      else state.removePod(remoteId(object))
    })
  }

  removePod(object: Pod): void {
    this.#told.delete(object.metadata.uid)
    this.#change(({ state }) => state.removePod(remoteId(object)))
  }

  setNodes(nodes: readonly NodeAlias[]): void {
    this.#change(({ podCidr, state }) => {
      state.setNodes(nodes.filter(({ tunnel }) => familyOf(tunnel) === familyOf(podCidr)))
    })
  }

  async start(): Promise<void> {
    this.#ready.resolve()
    if (!this.#isStarted) await this.#each((writer) => writer.start())
  }

  settled(): Promise<void> {
    return this.#each((writer) => writer.settled())
  }

  async repair(): Promise<readonly string[]> {
    return (await Promise.all(this.#families.map(({ writer }) => writer.repair()))).flat()
  }

  get writers(): readonly RuleWriter[] {
    return this.#families.map(({ writer }) => writer.counts)
  }

  close(): Promise<void> {
    this.#stop.abort()
    return this.#each((writer) => writer.close())
  }

  destroy(): Promise<void> {
    this.#stop.abort()
    return this.#each((writer) => writer.destroy())
  }

  get #isStarted(): boolean {
    return this.#families.every(({ writer }) => writer.started)
  }

  async #each(work: (writer: TableWriter) => Promise<void>): Promise<void> {
    await Promise.all(this.#families.map(({ writer }) => work(writer)))
  }

  #change(work: (family: FamilyPolicies) => void): void {
    for (const family of this.#families) {
      work(family)
      family.writer.changed()
    }
  }

  #tellLocal({ sandboxId, podUid, namespace, labels, ips }: GatedPod): void {
    // The API may not know of it yet, or no longer; then what it was started with counts.
    const { labels: told = labels, ports = [], ended = false } = this.#told.get(podUid) ?? {}
    this.#change(({ podCidr, state }) => {
      const ip = ofFamily(ips, podCidr)
      const pod = { uid: podUid, namespace, labels: told, ports, ended }
      if (ip !== undefined) state.setPod(localId(sandboxId), { ...pod, ip })
    })
  }
}

const localId = (sandboxId: string): string => `here ${sandboxId}`
const remoteId = (pod: Pod): string => `elsewhere ${keyOf(pod)}`
