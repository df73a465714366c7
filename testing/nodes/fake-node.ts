import type { NodeStatus } from "../../src/api/core/v1/node-status.ts"
import { Pod } from "../../src/api/core/v1/pod.ts"
import type { Taint } from "../../src/api/core/v1/toleration.ts"
import type { Client } from "../../src/client/client.ts"
import { createEventRecorder } from "../../src/client/event-recorder.ts"
import { startInformer } from "../../src/client/informer.ts"
import { admission } from "../../src/kubelet/admission/admit.ts"
import { createCounters } from "../../src/kubelet/counters.ts"
import { keepLease } from "../../src/kubelet/node/lease.ts"
import { nodeStatus } from "../../src/kubelet/node/node-status.ts"
import { reportNode } from "../../src/kubelet/node/registration.ts"
import { confirmDeletion } from "../../src/kubelet/pod/confirm-deletion.ts"
import type { WorkerEnvironment } from "../../src/kubelet/pod/worker-environment.ts"
import { createPods, type Pods } from "../../src/kubelet/pods.ts"
import { defaultSettings } from "../../src/kubelet/settings/settings.ts"
import { createStatusWriter } from "../../src/kubelet/status/status-writer.ts"
import { timeOfMs } from "../../src/kubelet/status/times.ts"
import type { Platform } from "../../src/platform/platform.ts"
import { ContainerUsage } from "./container-usage.ts"
import { ContainerWorld } from "./container-world.ts"
import { fakePerformer } from "./perform.ts"
import type { StageRules } from "./stages.ts"

export interface FakeNodeOptions {
  /** Default: `node-1`, `node-2`, … */
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Given to the node when it is registered for the first time. */
  readonly taints?: readonly Taint[]
  /** Cores. Default: 8. */
  readonly cpu?: number
  /** Bytes. Default: 32 GiB. */
  readonly memoryBytes?: number
  /** Most pods. Default: 110. */
  readonly pods?: number
  /** Further resources, such as `{ "example.com/gpu": "4" }`. */
  readonly resources?: Readonly<Record<string, string>>
}

export interface FakeNodeContext {
  readonly platform: Platform
  /** For what tests have set. */
  readonly stageClock: Platform["clock"]
  readonly stages: StageRules
  readonly kubeletVersion: string
  /** With the identity of the node's kubelet. Used until `signal` aborts. */
  readonly clientOf: (nodeName: string, signal: AbortSignal) => Client
}

const GIB = 2 ** 30
const DISK_BYTES = 100 * GIB
const KUBELET_PORT = 10_250
const RUNTIME_VERSION = { runtimeName: "fake", runtimeVersion: "1.0", runtimeApiVersion: "v1" } as const

/** A machine that exists in memory only, and the kubelet on it. */
export class FakeNode {
  readonly name: string
  readonly world: ContainerWorld
  readonly usage = new ContainerUsage()
  readonly #options: FakeNodeOptions
  readonly #context: FakeNodeContext
  readonly #index: number
  #addresses = 0
  #kubelet:
    | {
        readonly stop: AbortController
        readonly pods: Pods
        readonly list: () => readonly Pod[]
        readonly ready: Promise<void>
      }
    | undefined

  /** `index`: from 0, different for each node of a cluster. */
  constructor(index: number, options: FakeNodeOptions, context: FakeNodeContext) {
    this.name = options.name ?? `node-${index + 1}`
    this.#index = index
    this.#options = options
    this.#context = context
    this.world = new ContainerWorld(context.stageClock)
  }

  get runs(): boolean {
    return this.#kubelet !== undefined
  }

  /** Resolves when the node is registered. Does nothing when its kubelet runs. */
  async start(): Promise<void> {
    this.#kubelet ??= this.#startKubelet()
    await this.#kubelet.ready
  }

  /** The kubelet ends at once, without a word to anybody. Containers go on. */
  stop(): void {
    this.#kubelet?.stop.abort()
    this.#kubelet = undefined
    this.world.onChange = () => undefined
  }

  /** Every container dies with the machine. */
  reboot(): void {
    for (const uid of this.world.uids()) this.world.remove(uid)
  }

  #startKubelet() {
    const { clientOf, platform } = this.#context
    const stop = new AbortController()
    const { signal } = stop
    const client = clientOf(this.name, signal)
    const events = createEventRecorder({ client, component: "kubelet", host: this.name, platform })
    const reporter = reportNode({
      client,
      platform,
      events,
      nodeName: this.name,
      labels: this.#labels,
      settings: { ...defaultSettings, taints: this.#options.taints ?? [] },
      podCidrs: [`10.${128 + (this.#index >> 8)}.${this.#index & 255}.0/24`],
      status: (before) => Promise.resolve(this.#status(before)),
      signal,
    })
    void keepLease({
      client,
      platform,
      nodeName: this.name,
      nodeUid: reporter.uid,
      durationSeconds: defaultSettings.node.leaseSeconds,
      signal,
    })
    const environment = this.#environment(client, events, signal)
    const { allocatable = {} } = this.#status({})
    const pods = createPods({
      environment: () => environment,
      signal,
      admit: (pod, others, preempt) =>
        admission(pod, {
          node: { name: this.name, labels: this.#labels },
          allocatable: allocatable as Readonly<Record<string, string>>,
          pressure: new Set(),
          others,
          ...(preempt && { preempt }),
        }),
      onStatus: () => undefined,
      onGone: (uid) => this.world.remove(uid),
      // Fake nodes have no manifests of their own.
      onMirror: () => undefined,
    })
    this.world.onChange = pods.poke
    const informer = startInformer(client, Pod, {
      platform,
      signal,
      scope: { fieldSelector: `spec.nodeName=${this.name}` },
    })
    // What was deleted while no kubelet looked ends like everything else that is gone from the API.
    const adopted = informer.synced.then(() => {
      informer.onChange(pods.onChange)
      const known = new Set(informer.list().map(({ metadata }) => metadata.uid))
      for (const uid of this.world.uids()) if (!known.has(uid)) this.world.remove(uid)
    })
    return {
      stop,
      pods,
      list: () => informer.list(),
      ready: Promise.all([reporter.registered, adopted]).then(() => undefined),
    }
  }

  #environment(client: Client, events: WorkerEnvironment["events"], signal: AbortSignal): WorkerEnvironment {
    const { platform, stageClock, stages } = this.#context
    const { world } = this
    const parts = { platform, stageClock, stages, world, events, address: () => this.#nextAddress() }
    return {
      platform,
      events,
      view: world,
      statuses: createStatusWriter({ client, platform, signal }),
      objects: { retain: () => undefined, release: () => undefined },
      prober: { track: () => undefined, facts: (uid) => world.probes(uid), forget: () => undefined },
      counters: createCounters(),
      settings: defaultSettings,
      nodeIps: [this.ip],
      runtimeName: RUNTIME_VERSION.runtimeName,
      performer: () => fakePerformer(parts),
      cleanUp: async ({ metadata: { uid } }, forGood) => {
        if (forGood) world.remove(uid)
      },
      confirmDeletion: (pod) => confirmDeletion(client, pod),
    }
  }

  /** As the kubelet tells at `/metrics/resource`. Undefined while none runs. */
  usageNow(): string | undefined {
    const { stageClock, stages } = this.#context
    const pods = this.#kubelet?.list()
    return pods && this.usage.metrics(pods, { stages, world: this.world }, stageClock.nowMs())
  }

  get ip(): string {
    return `172.16.${Math.floor(this.#index / 250)}.${(this.#index % 250) + 1}`
  }

  get #labels(): Readonly<Record<string, string>> {
    return {
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": this.name,
      "kubernetes.io/os": "linux",
      ...this.#options.labels,
    }
  }

  /** Addresses are used again when the range is used up. */
  #nextAddress(): string {
    const host = 2 + (this.#addresses++ % 253)
    return `10.${128 + (this.#index >> 8)}.${this.#index & 255}.${host}`
  }

  #status(before: Parameters<typeof nodeStatus>[1]): NodeStatus {
    const { platform, kubeletVersion } = this.#context
    const { cpu = 8, memoryBytes = 32 * GIB, pods = 110, resources = {} } = this.#options
    const id = this.name
    const status = nodeStatus(
      {
        machine: {
          cpuMilli: cpu * 1000,
          memoryBytes,
          pidsMax: 4_194_304,
          swapBytes: 0,
          hugepages: new Map(),
          machineId: id,
          systemUuid: id,
          bootId: id,
          kernelVersion: "6.12.0",
          osImage: "Gantry test node",
          architecture: "amd64",
        },
        disk: { capacityBytes: DISK_BYTES, availableBytes: DISK_BYTES, inodes: 1e6, inodesFree: 1e6 },
        pressure: new Set(),
        settings: { ...defaultSettings, eviction: { ...defaultSettings.eviction, hard: {} }, podsMax: pods },
        nodeIps: [this.ip],
        hostname: this.name,
        serverPort: KUBELET_PORT,
        kubeletVersion,
        runtime: { conditions: [], handlers: [], features: { supplementalGroupsPolicy: true }, warnings: [] },
        runtimeVersion: RUNTIME_VERSION,
        images: [],
        volumesInUse: undefined,
        problems: [],
        now: timeOfMs(platform.clock.nowMs()),
      },
      before,
    )
    return {
      ...status,
      capacity: { ...status.capacity, ...resources },
      allocatable: { ...status.allocatable, ...resources },
    } as NodeStatus
  }
}
