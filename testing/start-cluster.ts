import { Writable } from "node:stream"
import { createInProcessTransport } from "../src/apiserver/in-process.ts"
import type { Client } from "../src/client/client.ts"
import { createClient } from "../src/client/typed-client.ts"
import { KUBERNETES_VERSION } from "../src/cmd/version.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import type { Platform } from "../src/platform/platform.ts"
import { createSimPlatform, type SimPlatform } from "../src/platform/sim/platform.ts"
import { createMemoryStore } from "../src/store/memory/memory-store.ts"
import { Activity } from "./activity.ts"
import { ApiServerComponent, ControllersComponent, endingWith, SchedulerComponent } from "./components.ts"
import { FaultInjector } from "./faults.ts"
import { FakeNodes } from "./nodes/fake-nodes.ts"
import { publicPki, secretPki } from "./pki.ts"
import { RunningTestCluster } from "./running-test-cluster.ts"
import type { TestCluster, TestClusterOptions } from "./test-cluster.ts"
import { TestTokens, userInfo } from "./users.ts"

/**
 * Starts a Kubernetes cluster in this process. Resolves when it has settled: namespaces, default objects and nodes are
 * there.
 *
 * ```ts
 * await using cluster = await startCluster({ nodes: 3 })
 * await cluster.client.of(Deployment).create(web)
 * await cluster.settled()
 * ```
 */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const { clock = "virtual", nodes = [], listen } = options
  const sim = clock === "virtual" ? simPlatform(options) : undefined
  const base = sim ?? realPlatform(options)
  const activity = new Activity()
  const platform: Platform = { ...base, clock: activity.clock(base.clock) }
  const store = createMemoryStore({ platform: base, retention: RETENTION })
  const pki = sim === undefined ? secretPki() : publicPki()
  const tokens = new TestTokens()
  const faults = new FaultInjector(platform.clock)
  const apiServer = new ApiServerComponent({
    platform,
    store,
    pki,
    tokens,
    activity,
    faults,
    askForUsage: async ({ host }) => fakeNodes.usageAt(host),
  })
  const { call } = apiServer
  const clients = { platform, pki, activity, call }
  const fakeNodes = new FakeNodes({
    platform,
    stageClock: base.clock,
    kubeletVersion: KUBERNETES_VERSION,
    clientOf: (name, signal) => clientAs(endingWith(clients, signal), `system:node:${name}`, "kubelet"),
  })
  const cluster = new RunningTestCluster({
    base,
    sim,
    platform,
    store,
    pki,
    tokens,
    activity,
    faults,
    apiServer,
    controllers: new ControllersComponent(clients),
    scheduler: new SchedulerComponent(clients),
    nodes: fakeNodes,
  })
  try {
    await cluster.start(typeof nodes === "number" ? Array.from({ length: nodes }, () => ({})) : nodes)
    if (listen !== undefined) await cluster.listen(listen.host, listen.port)
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** The past is kept for `history`, whatever the time. */
const RETENTION = { ageMsMax: Number.MAX_SAFE_INTEGER, bytesMax: 64 << 20 }

function clientAs(call: Parameters<typeof createInProcessTransport>[0], user: string, fieldManager: string): Client {
  const transport = createInProcessTransport(call, userInfo(user), { userAgent: `gantry/${fieldManager}` })
  return createClient(transport, { fieldManager })
}

function simPlatform({ logLevel, seed = 1, start }: TestClusterOptions): SimPlatform {
  return createSimPlatform({
    seed,
    ...(start && { startMs: start.getTime() }),
    ...(logLevel && { logLevel, logTo: process.stderr as unknown as Writable }),
  })
}

function realPlatform({ logLevel }: TestClusterOptions): Platform {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  return createNodePlatform(logLevel === undefined ? { logTo: nowhere } : { logLevel })
}
