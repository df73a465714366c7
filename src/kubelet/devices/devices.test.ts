import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Client } from "../../client/client.ts"
import { implement, serveGrpc } from "../../machinery/grpc/server.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createDeviceHealth } from "./device-health.ts"
import { createDraDrivers } from "./dra-drivers.ts"
import { DRA_SERVICES, ResourceHealthService } from "./dra-service.ts"
import { createPodDevices } from "./pod-devices.ts"
import { openPreparedClaims } from "./prepared-claims.ts"

const DRIVER = "gpu.example.com"
const dir = mkdtempSync(join(tmpdir(), "gantry-dra-"))
const platform = createNodePlatform({ logTo: new PassThrough().resume() })

const calls: string[] = []
const sick = { device: { poolName: "p", deviceName: "1" }, health: 2, message: "hot" }
let reported: (typeof sick)[] = []
let moreToSay = Promise.withResolvers<void>()
let failure = ""
const device = (requestNames: readonly string[], id: string) => ({
  requestNames,
  poolName: "p",
  deviceName: id,
  cdiDeviceIds: [`${DRIVER}/gpu=${id}`],
})
const server = await serveGrpc({ socketPath: join(dir, "dra.sock") }, () => [
  implement(DRA_SERVICES.v1, {
    async NodePrepareResources({ claims = [] }) {
      calls.push(...claims.map(({ name, uid }) => `prepare ${name} ${uid}`))
      const devices = [device(["big"], "0"), device(["small/one"], "1")]
      return {
        claims: Object.fromEntries(claims.map(({ uid = "" }) => [uid, failure ? { error: failure } : { devices }])),
      }
    },
    async NodeUnprepareResources({ claims = [] }) {
      calls.push(...claims.map(({ name }) => `unprepare ${name}`))
      return { claims: Object.fromEntries(claims.map(({ uid = "" }) => [uid, {}])) }
    },
  }),
  implement(ResourceHealthService, {
    async *NodeWatchResources(_, { signal }) {
      while (!signal.aborted) {
        yield { devices: reported }
        await Promise.race([moreToSay.promise, once(signal, "abort")])
        moreToSay = Promise.withResolvers()
      }
    },
  }),
])

const deleted: string[] = []
const allocation = { devices: { results: [{ request: "big", driver: DRIVER, pool: "p", device: "0" }] } }
const users = ["a", "b"].map((name) => ({ resource: "pods", name, uid: `uid-${name}` }))
const client = {
  of: () => ({
    get: async ({ name }: { name: string }) => ({
      metadata: { name, namespace: "default", uid: `uid-${name}` },
      status: name === "free" ? { reservedFor: users } : { allocation, reservedFor: name === "foreign" ? [] : users },
    }),
    deleteCollection: async ({ fieldSelector }: { fieldSelector: string }) => deleted.push(fieldSelector),
  }),
} as unknown as Client
let healthChanged = Promise.withResolvers<string>()
const health = createDeviceHealth(platform, join(dir, "health"), (driver) => healthChanged.resolve(driver))
const drivers = createDraDrivers({ client, nodeName: "n1", dataDir: dir, platform, health })
after(() => {
  drivers.close()
  health.close()
  server.close()
  rmSync(dir, { recursive: true, force: true })
})
const state = join(dir, "state.json")
const devicesOfNode = () => createPodDevices({ client, drivers, health, claims: openPreparedClaims(state, platform) })
const devices = devicesOfNode()

const pod = (name: string, claim = "c") =>
  ({
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: { resourceClaims: [{ name: "gpu", resourceClaimName: claim }] },
    status: {},
  }) as unknown as Pod
const container = (...claims: object[]) => ({ name: "main", resources: { claims } }) as never
const plugin = { name: DRIVER, endpoint: join(dir, "dra.sock"), versions: ["v1.DRAPlugin", "v1beta1.DRAPlugin"] }

test("a driver must be there, and speak a known version", async () => {
  await assert.rejects(devices.prepare(pod("a")), {
    message: `prepare dynamic resources: DRA driver ${DRIVER} is not registered`,
  })
  assert.throws(() => drivers.handler.validate({ ...plugin, versions: ["v9.DRAPlugin"] }), {
    message: `invalid supported gRPC versions of DRA driver plugin ${DRIVER} at endpoint ${plugin.endpoint}: none of services supported by the plugin (["v9.DRAPlugin"]) are supported by the kubelet (["v1.DRAPlugin" "v1beta1.DRAPlugin"])`,
  })
  await drivers.handler.register(plugin)
})

test("claims that the pod may not use are refused", async () => {
  await assert.rejects(devices.prepare(pod("a", "free")), {
    message: "prepare dynamic resources: ResourceClaim free: not allocated",
  })
  await assert.rejects(devices.prepare(pod("a", "foreign")), {
    message: "prepare dynamic resources: pod a (uid-a) is not allowed to use ResourceClaim foreign (uid-foreign)",
  })
  assert.deepEqual(calls, [])
})

test("what a driver says about the health of devices is shown by request", async () => {
  await devices.prepare(pod("a"))
  const both = container({ name: "gpu" })
  healthChanged = Promise.withResolvers()
  reported = [{ ...sick, device: { poolName: "p", deviceName: "0" }, health: 1, message: "" }, sick]
  moreToSay.resolve()
  assert.equal(await healthChanged.promise, DRIVER)
  assert.deepEqual(devices.usersOf(DRIVER), ["uid-a"])
  assert.deepEqual(devices.health(pod("a"), both), [
    {
      name: "claim:gpu",
      resources: [
        { resourceID: `${DRIVER}/gpu=0`, health: "Healthy" },
        { resourceID: `${DRIVER}/gpu=1`, health: "Unhealthy", message: "hot" },
      ],
    },
  ])
  const one = container({ name: "gpu", request: "small" })
  assert.deepEqual(
    devices.health(pod("a"), one).map(({ name, resources }) => [name, resources?.length]),
    [["claim:gpu/small", 1]],
  )
  await devices.release(pod("a"))
  calls.length = 0
})

test("a claim is prepared once for all its pods, and taken back after the last of them", async () => {
  failure = "no power"
  await assert.rejects(devices.prepare(pod("a")), {
    message: "prepare dynamic resources: NodePrepareResources failed for ResourceClaim c: no power",
  })
  failure = ""
  await devices.prepare(pod("a"))
  await devices.prepare(pod("b"))
  await devices.prepare(pod("b"))
  assert.deepEqual(calls, ["prepare c uid-c", "prepare c uid-c"])
  assert.deepEqual(devices.cdiDevices(pod("a"), container({ name: "gpu" })), [`${DRIVER}/gpu=0`, `${DRIVER}/gpu=1`])
  assert.deepEqual(devices.cdiDevices(pod("a"), container({ name: "gpu", request: "small" })), [`${DRIVER}/gpu=1`])
  assert.deepEqual(devices.cdiDevices(pod("a"), container()), [])
  await devices.release(pod("a"))
  // Another agent of the node knows what this one did.
  const later = devicesOfNode()
  assert.deepEqual(later.cdiDevices(pod("b"), container({ name: "gpu", request: "big" })), [`${DRIVER}/gpu=0`])
  await later.release(pod("b"))
  await later.release(pod("b"))
  assert.deepEqual(calls.slice(2), ["unprepare c"])
})

test("while a driver is updated the last instance is asked, and the other one when that is gone", async () => {
  const first = drivers.get(DRIVER)
  const newer = { ...plugin, endpoint: join(dir, "newer.sock") }
  await drivers.handler.register(newer)
  assert.notEqual(drivers.get(DRIVER), first)
  await drivers.handler.deregister(newer)
  assert.equal(drivers.get(DRIVER), first)
  await drivers.handler.register(newer)
  await drivers.handler.deregister(plugin)
  assert.notEqual(drivers.get(DRIVER), first)
  await drivers.handler.deregister(newer)
  assert.throws(() => drivers.get(DRIVER), { message: `DRA driver ${DRIVER} is not registered` })
})
