import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { createEventRecorder } from "../../client/event-recorder.ts"
import { startInformer } from "../../client/informer.ts"
import { createClient } from "../../client/typed-client.ts"
import type { ImageStore } from "../../images/images.ts"
import { createSimPlatform, type SimPlatform } from "../../platform/sim/platform.ts"
import {
  createFakeRuntime,
  type FakeCommands,
  type FakeProgram,
  type FakeRuntime,
} from "../../runtime/fake/fake-runtime.ts"
import type { ContainerConfig } from "../../runtime/runtime.ts"
import { type Kubelet, type KubeletOptions, startKubelet } from "../kubelet.ts"
import { createFakeApi, type FakeApi } from "./fake-api.ts"
import { createFakeImages, type FakeImages } from "./fake-images.ts"

/** A kubelet on virtual time, with a runtime and an API server in memory. */
export interface TestNode {
  readonly platform: SimPlatform
  readonly api: FakeApi
  readonly runtime: FakeRuntime
  readonly images: FakeImages
  /** The kubelet's own folder. */
  readonly dataDir: string
  /** What containers do, by name. Default: they run until stopped. */
  readonly programs: Map<string, FakeProgram>
  /** Of the containers that were started, oldest first. */
  readonly configs: ContainerConfig[]
  /** What executed commands do. Default: they succeed. */
  command: FakeCommands
  kubelet: Kubelet
  /** Binds a pod to the node: only its spec and what differs from the usual metadata. */
  run(name: string, spec: object, metadata?: object): void
  pod(name: string): Pod
  /** Replaces members of a pod, as another client would. */
  change(name: string, members: object): void
  /** As the API server does when a client deletes a pod with a grace period. */
  delete(name: string, graceSeconds: number): void
  /** `reason: message` of the events about a pod, oldest first. */
  events(name: string): string[]
  /** Moves time until a pod's status satisfies the condition. */
  until(name: string, holds: (pod: Pod) => boolean): Promise<void>
  /** Ends the agent and starts another one on the same runtime and disk. */
  restart(): Promise<void>
}

export const nodeName = "node-1"

/** Stored containers always have `resources`. */
function withResources(spec: object): object {
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]: [string, unknown]) => {
      const isList = key.endsWith("ontainers") && Array.isArray(value)
      return [key, isList ? value.map((container: object) => ({ resources: {}, ...container })) : value]
    }),
  )
}

/**
 * `more`: options that differ from the usual ones. The machine itself is never short of anything. The node ends with the
 * test, also when that fails: its sockets would keep the process.
 */
export async function startTestNode(more: Partial<KubeletOptions> = {}): Promise<TestNode> {
  const dir = mkdtempSync(join(tmpdir(), "gantry-kubelet-"))
  const platform = createSimPlatform({ seed: 1 })
  const api = createFakeApi(platform.clock)
  const programs = new Map<string, FakeProgram>()
  const runtime = createFakeRuntime({
    clock: platform.clock,
    commands: (config, command) => node.command(config, command),
    programs: (config) => {
      node.configs.push(config)
      return programs.get(config.metadata.name) ?? {}
    },
  })
  const images = createFakeImages("app:1")
  const client = createClient(api, { fieldManager: "kubelet" })
  let ended = new AbortController()

  const start = async (): Promise<Kubelet> => {
    const { signal } = ended
    const events = createEventRecorder({ client, component: "kubelet", host: nodeName, platform })
    const starting = startKubelet({
      platform,
      client,
      events,
      runtime,
      // The rest of the store is for builders and the runtime.
      images: images as unknown as ImageStore,
      nodeName,
      nodeIps: ["192.168.0.1"],
      hostname: nodeName,
      dataDir: join(dir, "kubelet"),
      runDir: join(dir, "run"),
      logDir: join(dir, "logs"),
      cgroups: {
        path: ({ metadata }) => `/kubepods/pod${metadata.uid}`,
        ensure() {},
        limit() {},
        remove() {},
        uids: () => new Set(),
        read: () => undefined,
        isUnified: false,
      },
      clusterDns: { servers: ["10.96.0.10"], domain: "cluster.local" },
      nodeDns: () => ({ servers: ["9.9.9.9"], searches: [], options: [] }),
      services: startInformer(client, Service, { platform, signal }),
      credentialsFor: () => [],
      serverPort: 10250,
      kubeletVersion: "v1.36.0",
      observe: () => new Map(),
      signal,
      ...more,
    })
    return starting
  }
  const pathOf = (name: string) => `/api/v1/namespaces/default/pods/${name}`
  const node: TestNode = {
    platform,
    api,
    runtime,
    images,
    dataDir: join(dir, "kubelet"),
    programs,
    command: () => ({}),
    configs: [],
    // Replaced below: nothing of the kubelet runs before that.
    kubelet: undefined as unknown as Kubelet,
    run(name, spec, metadata = {}) {
      api.put(pathOf(name), {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "default", ...metadata },
        spec: {
          nodeName,
          restartPolicy: "Always",
          terminationGracePeriodSeconds: 30,
          enableServiceLinks: true,
          ...withResources(spec),
        },
        status: { phase: "Pending" },
      })
    },
    pod(name) {
      const pod = api.get(pathOf(name))
      if (pod === undefined) throw new Error(`pod ${name} is not in the API`)
      return pod as unknown as Pod
    },
    change(name, members) {
      api.put(pathOf(name), { ...api.get(pathOf(name)), ...members })
    },
    delete(name, graceSeconds) {
      const pod = api.get(pathOf(name))
      if (pod === undefined) return
      const deletionTimestamp = new Date(platform.clock.nowMs() + graceSeconds * 1000).toISOString()
      const metadata = { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds }
      api.put(pathOf(name), { ...pod, metadata })
    },
    events: (name) =>
      api
        .list("/api/v1/namespaces/default/events/")
        .filter(({ involvedObject }) => (involvedObject as { name?: string }).name === name)
        .map(({ reason, message }) => `${String(reason)}: ${String(message)}`),
    until: (name, holds) =>
      platform.advanceUntil(() => {
        const pod = api.get(pathOf(name))
        return pod !== undefined && holds(pod as unknown as Pod)
      }),
    async restart() {
      ended.abort()
      await node.kubelet.stop()
      ended = new AbortController()
      node.kubelet = await start()
    },
  }
  after(async () => {
    ended.abort()
    // It may not have started.
    await (node.kubelet as Kubelet | undefined)?.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  node.kubelet = await start()
  return node
}
