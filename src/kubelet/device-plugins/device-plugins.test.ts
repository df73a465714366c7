import assert from "node:assert/strict"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, test } from "node:test"
import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { anywhere } from "../topology/hint-provider.ts"
import { createDevicePlugins } from "./create-device-plugins.ts"
import type { DevicePlugins } from "./device-plugins.ts"
import { startTestPlugin } from "./testing/test-plugin.ts"

const RESOURCE = "example.com/gpu"
const dir = mkdtempSync(join(tmpdir(), "gantry-device-plugins-"))
const folder = join(dir, "device-plugins")
const real = createNodePlatform({ logTo: new PassThrough().resume() })
let skippedMs = 0
const clock = { ...real.clock, monotonicMs: () => real.clock.monotonicMs() + skippedMs }

let stop = new AbortController()
let changed = Promise.withResolvers<void>()
const unwell: string[] = []
const start = () =>
  createDevicePlugins({
    dataDir: dir,
    platform: { clock, log: real.log },
    numaNodes: [0],
    onRegister: () => undefined,
    onChange: () => changed.resolve(),
    onHealth: (uid) => unwell.push(uid),
    signal: stop.signal,
  })
let node = start()

let refusal = ""
const device = (ID: string, health = "Healthy") => ({ ID, health, topology: { nodes: [{ ID: 0 }] } })
const newPlugin = () =>
  startTestPlugin({
    folder,
    resource: RESOURCE,
    clock,
    devices: ["a", "b", "c"].map((id) => device(id)),
    options: { preStartRequired: true, getPreferredAllocationAvailable: true },
    prefer: (available, amount) => available.toReversed().slice(0, amount),
    allocate(ids) {
      if (refusal !== "") throw new Error(refusal)
      return {
        envs: { GPUS: ids.join() },
        devices: ids.map((id) => ({ containerPath: `/dev/${id}`, hostPath: `/dev/real-${id}`, permissions: "rw" })),
      }
    },
  })
let plugin = await newPlugin()
after(() => {
  plugin.close()
  stop.abort()
  rmSync(dir, { recursive: true, force: true })
})

const container = (name: string, amount: number) =>
  ({ name, resources: { limits: { [RESOURCE]: String(amount) } } }) as unknown as Container
const pod = (name: string, containers: readonly Container[], initContainers: readonly Container[] = []) =>
  ({ metadata: { name, uid: `uid-${name}` }, spec: { containers, initContainers }, status: {} }) as unknown as Pod
const take = async (of: Pod, from: DevicePlugins = node) => {
  for (const each of [...(of.spec.initContainers ?? []), ...of.spec.containers])
    from.provider.allocate(of, each, anywhere)
  await from.confirm(of)
}
const offer = () => {
  const { allocatable, capacity } = node.offer()
  return `${capacity.get(RESOURCE)} of which ${allocatable.get(RESOURCE)} work`
}
/** Waits for the next change of what is offered. */
const change = async (act: () => unknown) => {
  changed = Promise.withResolvers()
  await act()
  await changed.promise
}
const given = (uid: string, name: string) => [...(node.given(uid, name).get(RESOURCE)?.keys() ?? [])].join()

const main = container("main", 1)
const one = pod("one", [main], [container("init", 2)])

test("a plugin says what there is, or is told what is wrong with it", async () => {
  assert.equal(node.isNew, true)
  await assert.rejects(plugin.register({ version: "v9" }), {
    message:
      'rpc error: code = Unknown desc = requested API version "v9" is not supported by kubelet. Supported version is ["v1beta1"]',
  })
  await assert.rejects(plugin.register({ resourceName: "gpu" }), {
    message: 'rpc error: code = Unknown desc = the ResourceName "gpu" is invalid',
  })
  await change(() => plugin.register())
  assert.equal(offer(), "3 of which 3 work")
  await change(() => plugin.list([device("a"), device("b"), device("c", "Unhealthy")]))
  assert.equal(offer(), "3 of which 2 work")
  await change(() => plugin.list(["a", "b", "c"].map((id) => device(id))))
})

test("a container gets what an init container had, and what the plugin prefers", async () => {
  await take(one)
  assert.deepEqual(plugin.calls, ["prefer 2 of a,b,c", "allocate c,b", "allocate c"])
  assert.deepEqual(await node.grants(one, main), {
    envs: [{ name: "GPUS", value: "c" }],
    mounts: [],
    devices: [{ containerPath: "/dev/c", hostPath: "/dev/real-c", permissions: "rw" }],
    annotations: {},
    cdiDevices: [],
  })
  assert.equal(plugin.calls.at(-1), "start c")
  assert.deepEqual(node.provider.hints(one, main).get(RESOURCE), [{ affinity: 1, preferred: true }])
})

test("what cannot be had is refused with its reason", async () => {
  await assert.rejects(take(pod("greedy", [container("main", 2)])), {
    message: `requested number of devices unavailable for ${RESOURCE}. Requested: 2, Available: 1`,
  })
  const unlucky = pod("unlucky", [container("main", 1)])
  refusal = "no power"
  await assert.rejects(take(unlucky), { message: "rpc error: code = Unknown desc = no power" })
  refusal = ""
  node.provider.release(unlucky.metadata.uid)
  await take(pod("next", [container("main", 1)]))
  assert.equal(given("uid-next", "main"), "a")
})

test("the health of its devices belongs to a pod's status", async () => {
  await change(() => plugin.list([device("a"), device("b"), device("c", "Unhealthy")]))
  assert.deepEqual(unwell, ["uid-one"])
  assert.deepEqual(node.health("uid-one", "main"), [
    { name: RESOURCE, resources: [{ resourceID: "c", health: "Unhealthy" }] },
  ])
  await change(() => plugin.list(["a", "b", "c"].map((id) => device(id))))
})

test("another agent knows who has what, and waits for the plugin to come back", async () => {
  stop.abort()
  plugin.close()
  stop = new AbortController()
  node = start()
  assert.equal(node.isNew, false)
  assert.equal(offer(), "0 of which 0 work")
  assert.equal(given("uid-one", "main"), "c")
  assert.deepEqual(node.raise(one, { cpu: "2", [RESOURCE]: "0" }), { cpu: "2", [RESOURCE]: "3" })
  await assert.rejects(take(pod("late", [container("main", 1)])), {
    message: `no healthy devices present; cannot allocate unhealthy devices ${RESOURCE}`,
  })
  await assert.rejects(take(one), { message: /^no healthy devices present/ })
  plugin = await newPlugin()
  await change(() => plugin.register())
  assert.equal(offer(), "3 of which 3 work")
  await take(one)
  assert.deepEqual(plugin.calls, [])
  node.keepOnly(new Set(["uid-one"]))
  assert.equal(given("uid-next", "main"), "")
})

test("a plugin that dies leaves its capacity for five minutes", async () => {
  await change(() => plugin.close())
  assert.equal(existsSync(join(folder, "example.com-gpu.sock")), false)
  assert.equal(offer(), "3 of which 0 work")
  await assert.rejects(node.grants(one, main), {
    message: `device plugin PreStartContainer rpc failed with err: endpoint ${RESOURCE} has been stopped`,
  })
  skippedMs += 5 * 60_000 + 1
  assert.equal(offer(), "0 of which 0 work")
  assert.equal(given("uid-one", "main"), "c")
})
