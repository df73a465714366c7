import assert from "node:assert/strict"
import { after, test } from "node:test"
import { builtinResources } from "../../api/all.ts"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { Lease } from "../../api/coordination/v1/lease.ts"
import { Event } from "../../api/core/v1/event.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { standardAdmission } from "../../apiserver/admission/standard.ts"
import type { CallHandler } from "../../apiserver/call.ts"
import { createInProcessTransport } from "../../apiserver/in-process.ts"
import { createResourceServer } from "../../apiserver/resources/resource-server.ts"
import { createClient } from "../../client/typed-client.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import { startControlPlane } from "./control-plane.ts"

const READS = new Set(["get", "list", "watch"])

/** A server on one store with others: what its control loops write is counted, and may be cut off. */
async function startServerOn(
  store: ReturnType<typeof createMemoryStore>,
  platform: ReturnType<typeof createSimPlatform>,
) {
  const everybody = () => ({ authorize: () => ({ allowed: true }) })
  const server = createResourceServer({
    store,
    platform,
    resources: builtinResources,
    admission: (reader) => standardAdmission(reader, platform, everybody),
  })
  await server.start()
  const user = { name: "admin", groups: ["system:masters", "system:authenticated"], extra: new Map<string, string[]>() }
  const client = createClient(createInProcessTransport(server.handle, user), { fieldManager: "test" })
  const abort = new AbortController()
  let isCut = false
  let writes = 0
  const call: CallHandler = (request) => {
    if (isCut) return Promise.reject(new Error("cut off"))
    const { resource, verb } = request.info
    if (!READS.has(verb) && resource !== "leases" && resource !== "events") writes++
    return server.handle(request)
  }
  const plane = (identity: string) =>
    startControlPlane({
      call,
      platform,
      signal: abort.signal,
      resources: builtinResources,
      ca: { cert: "CA", key: "" },
      serviceAccount: { privateKey: "" },
      podCidr: "10.244.0.0/16",
      loadBalancerPool: "10.90.0.0/24",
      identity,
    })
  after(() => {
    abort.abort()
    server.close()
  })
  return {
    client,
    plane,
    end: () => abort.abort(),
    cut: (cut: boolean) => void (isCut = cut),
    takeWrites: () => {
      const before = writes
      writes = 0
      return before
    },
  }
}

async function startTwo() {
  const platform = createSimPlatform({ seed: 3 })
  const store = createMemoryStore({ platform })
  after(() => store.close())
  const first = await startServerOn(store, platform)
  const second = await startServerOn(store, platform)
  const { client } = first
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"])
    await client.of(Namespace).create({ metadata: { name } })
  await client.of(Node).create({
    metadata: { name: "n1" },
    status: {
      allocatable: { cpu: "4", memory: "8Gi", pods: "110" },
      conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: "2026-01-01T00:00:00Z" }],
    },
  })
  first.plane("server-1")
  await platform.advance(100)
  second.plane("server-2")
  await platform.advance(5000)
  const holders = async () => {
    const leases = await second.client.of(Lease).list({ namespace: "kube-system" })
    return leases.items.map(({ metadata, spec }) => `${metadata.name} ${spec.holderIdentity} ${spec.leaseTransitions}`)
  }
  const deploy = async (name: string) => {
    const labels = { app: name }
    await second.client.of(Deployment).create({
      metadata: { name, namespace: "default" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "app" }] } },
      },
    })
  }
  const bound = async () => {
    const pods = await second.client.of(Pod).list({ namespace: "default" })
    return pods.items.flatMap(({ metadata, spec }) => (spec.nodeName ? [metadata.name.split("-")[0]] : []))
  }
  return { platform, store, first, second, holders, deploy, bound }
}

const heldBy = (holder: string, transitions: number) =>
  ["kube-controller-manager", "kube-scheduler"].map((name) => `${name} ${holder} ${transitions}`)

test("of two servers one acts, and the other when the first goes", async () => {
  const { bound, deploy, first, holders, platform, second } = await startTwo()
  assert.deepEqual(await holders(), heldBy("server-1", 0))
  first.takeWrites()
  await deploy("one")
  await platform.advance(2000)
  assert.deepEqual(await bound(), ["one"])
  assert.equal(second.takeWrites(), 0)
  assert.ok(first.takeWrites() > 0)

  first.end()
  await platform.advance(6000)
  assert.deepEqual(await holders(), heldBy("server-2", 1), "it was given back, so nobody waits for it to run out")
  await deploy("two")
  await platform.advance(2000)
  assert.deepEqual(await bound(), ["one", "two"])
  assert.equal(first.takeWrites(), 0)
  const events = await second.client.of(Event).list({ namespace: "kube-system" })
  const told = events.items.filter(({ reason }) => reason === "LeaderElection").map(({ message }) => message)
  assert.deepEqual(
    new Set(told),
    new Set(["server-1 became leader", "server-1 stopped leading", "server-2 became leader"]),
  )
})

test("a server that is cut off stops before another takes over, and stands by when it returns", async () => {
  const { bound, deploy, first, holders, platform, second } = await startTwo()
  first.cut(true)
  await platform.advance(9000)
  assert.deepEqual(await holders(), heldBy("server-1", 0))
  await platform.advance(12_000)
  assert.deepEqual(await holders(), heldBy("server-2", 1))
  await deploy("one")
  await platform.advance(2000)
  assert.deepEqual(await bound(), ["one"])

  first.cut(false)
  first.takeWrites()
  await deploy("two")
  await platform.advance(20_000)
  assert.deepEqual(await bound(), ["one", "two"])
  assert.equal(first.takeWrites(), 0)
  second.end()
  await platform.advance(6000)
  assert.deepEqual(await holders(), heldBy("server-1", 2), "a server takes up its loops again")
  await deploy("three")
  await platform.advance(2000)
  assert.deepEqual((await bound()).toSorted(), ["one", "three", "two"])
})

test("a server that died has its leases back at once", async () => {
  const { first, holders, platform, second, store } = await startTwo()
  second.end()
  first.cut(true)
  await platform.advance(3000)
  const again = await startServerOn(store, platform)
  again.plane("server-1")
  await platform.advance(10)
  assert.deepEqual(await holders(), heldBy("server-1", 0))
})
