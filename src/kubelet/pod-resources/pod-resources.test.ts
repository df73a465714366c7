import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { openChannel } from "../../machinery/grpc/client.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createCounters } from "../counters.ts"
import { createRequestLimit } from "./request-limit.ts"
import { servePodResources } from "./serve-pod-resources.ts"
import { OldPodResourcesLister, PodResourcesLister } from "./service.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-pod-resources-"))
const stop = new AbortController()
const platform = createNodePlatform({ logTo: new PassThrough().resume() })
const pod = (name: string) =>
  ({
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: {
      initContainers: [{ name: "init" }, { name: "sidecar", restartPolicy: "Always" }],
      containers: [{ name: "main" }],
    },
  }) as unknown as Pod
const counters = createCounters()
await servePodResources(
  {
    pods: { list: () => [pod("runs"), pod("over")], isOver: (uid) => uid === "uid-over" },
    plugins: {
      given: (uid, container) =>
        new Map(
          uid === "uid-runs" && container === "main"
            ? [
                [
                  "x.io/gpu",
                  new Map([
                    ["g0", [0, 1]],
                    ["g1", []],
                  ]),
                ],
              ]
            : [],
        ),
      allocatable: () => new Map([["x.io/gpu", new Map([["g1", { isHealthy: true, nodes: [] }]])]]),
    },
    claims: {
      given: (_, { name }) =>
        name === "sidecar"
          ? [
              {
                name: "c",
                namespace: "default",
                devices: [
                  { requestNames: [], poolName: "p", deviceName: "d", driver: "dra.x.io", cdiDeviceIds: ["x.io/d=1"] },
                ],
              },
            ]
          : [],
    },
    allocations: {
      ownCpus: (_, container) => (container === "main" ? [2, 3] : []),
      allocatableCpus: () => [0, 1, 2, 3],
      ownMemory: (_, container) => (container === "main" ? [{ nodes: [1], resource: "memory", bytes: 4096 }] : []),
      allocatableMemory: () => [{ nodes: [0], resource: "hugepages-2Mi", bytes: 2097152 }],
    },
    counters,
  },
  { dataDir: dir, platform, signal: stop.signal },
)
const channel = openChannel(join(dir, "pod-resources/kubelet.sock"), platform.clock)
const lister = channel.client(PodResourcesLister)
after(() => {
  channel.close()
  stop.abort()
  rmSync(dir, { recursive: true, force: true })
})

const gpu = { resourceName: "x.io/gpu", deviceIds: ["g0"] }
const runs = {
  name: "runs",
  namespace: "default",
  containers: [
    {
      name: "sidecar",
      dynamicResources: [
        {
          claimName: "c",
          claimNamespace: "default",
          claimResources: [
            { cdiDevices: [{ name: "x.io/d=1" }], driverName: "dra.x.io", poolName: "p", deviceName: "d" },
          ],
        },
      ],
    },
    {
      name: "main",
      devices: [
        { ...gpu, topology: { nodes: [{}] } },
        { ...gpu, topology: { nodes: [{ ID: 1 }] } },
        { ...gpu, deviceIds: ["g1"] },
      ],
      cpuIds: [2, 3],
      memory: [{ memoryType: "memory", size: 4096, topology: { nodes: [{ ID: 1 }] } }],
    },
  ],
}
/** Fields that were not set are absent, or have their zero value. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (Array.isArray(inner) && inner.length === 0 ? undefined : inner)),
  )

test("running pods are listed with what their containers have for themselves", async () => {
  assert.deepEqual(plain(await lister.List({})), { podResources: [runs] })
  assert.deepEqual(plain(await lister.Get({ podName: "runs", podNamespace: "default" })), { podResources: runs })
  await assert.rejects(lister.Get({ podName: "over", podNamespace: "default" }), {
    message: "rpc error: code = Unknown desc = pod over in namespace default not found",
  })
  assert.deepEqual(plain(await lister.GetAllocatableResources({})), {
    devices: [{ resourceName: "x.io/gpu", deviceIds: ["g1"] }],
    cpuIds: [0, 1, 2, 3],
    memory: [{ memoryType: "hugepages-2Mi", size: 2097152, topology: { nodes: [{}] } }],
  })
  const { podResources = [] } = await channel.client(OldPodResourcesLister).List({})
  assert.deepEqual(
    podResources.map(({ name, containers }) => [name, containers?.map((each) => [each.name, each.devices?.length])]),
    [
      ["runs", [["main", 3]]],
      ["over", [["main", undefined]]],
    ],
  )
})

test("ten calls at once, and a hundred a second", () => {
  let nowMs = 0
  const limit = createRequestLimit({ monotonicMs: () => nowMs })
  for (let call = 0; call < 10; call++) limit()
  assert.throws(limit, { message: "rpc error: code = ResourceExhausted desc = rejected by rate limit" })
  nowMs += 10
  limit()
  assert.throws(limit)
})
