import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { NodeMetrics } from "../../api/metrics/v1beta1/node-metrics.ts"
import { PodMetrics } from "../../api/metrics/v1beta1/pod-metrics.ts"
import { startTestBack, TEST_RESOURCES, type TestBack } from "../resources/testing.ts"
import { createResourceMetrics } from "./resource-metrics.ts"
import type { Points } from "./usage.ts"

const T = Date.parse("2026-01-01T00:00:00Z")
const pair = (cpuNs: number, memoryBytes: number) => ({
  previous: { startMs: 0, atMs: T, cpuNs: 0, memoryBytes },
  last: { startMs: 0, atMs: T + 15_020, cpuNs, memoryBytes },
})
const points: Points = {
  nodes: new Map([["n1", pair(15.02 * 1.5e9, 1 << 30)]]),
  pods: new Map([
    ["default/web", new Map([["a", pair(1_854_310, 2 << 20)]])],
    ["default/ended", new Map([["a", pair(1, 1)]])],
    ["other/db", new Map([["a", pair(0, 1000)]])],
  ]),
}
let back: TestBack
const ROOT = "/apis/metrics.k8s.io/v1beta1"

before(async () => {
  back = await startTestBack({
    resources: [...TEST_RESOURCES, NodeMetrics, PodMetrics],
    virtual: (reader, _, { clock }) =>
      createResourceMetrics({ reader, clock, collector: { points: async () => points } }),
  })
  const { client } = back
  for (const name of ["n1", "n2"]) {
    await client.of(Node).create({ metadata: { name, labels: { zone: name } } })
  }
  const pods = [
    ["default", "web", "Running"],
    ["default", "new", "Running"],
    ["default", "ended", "Succeeded"],
    ["other", "db", "Running"],
  ] as const
  for (const [namespace, name, phase] of pods) {
    const spec = { containers: [{ name: "a", image: "i" }] }
    const made = await client.of(Pod).create({ metadata: { namespace, name, labels: { app: name } }, spec })
    await client.of(Pod).updateStatus({ ...made, status: { ...made.status, phase } })
  }
})
after(() => back.close())

const get = async (path: string, query: Record<string, string> = {}): Promise<string> => {
  try {
    const found = (await back.client.raw.get(`${ROOT}/${path}`, query)) as {
      readonly items?: readonly { readonly metadata: { readonly name: string } }[]
    }
    return found.items?.map(({ metadata }) => metadata.name).join(" ") ?? "one"
  } catch (error) {
    return error instanceof Error ? error.message : "?"
  }
}

test("figures are written as metrics-server does", async () => {
  const creationTimestamp = new Date(back.platform.clock.nowMs()).toISOString().replace(/\.\d+/, "")
  const read = async (path: string) => JSON.parse(JSON.stringify(await back.client.raw.get(`${ROOT}/${path}`)))
  assert.deepEqual(await read("nodes/n1"), {
    apiVersion: "metrics.k8s.io/v1beta1",
    kind: "NodeMetrics",
    metadata: { name: "n1", creationTimestamp, labels: { zone: "n1" } },
    timestamp: "2026-01-01T00:00:15Z",
    window: "15.02s",
    usage: { cpu: "1500m", memory: "1Gi" },
  })
  assert.deepEqual(await read("namespaces/default/pods/web"), {
    apiVersion: "metrics.k8s.io/v1beta1",
    kind: "PodMetrics",
    metadata: { name: "web", namespace: "default", creationTimestamp, labels: { app: "web" } },
    timestamp: "2026-01-01T00:00:15Z",
    window: "15.02s",
    containers: [{ name: "a", usage: { cpu: "123456n", memory: "2Mi" } }],
  })
})

const CASES: readonly (readonly [string, Record<string, string>, string])[] = [
  ["nodes", {}, "n1"],
  ["nodes", { labelSelector: "zone=n2" }, ""],
  ["nodes", { labelSelector: "zone in (n1)" }, "n1"],
  ["nodes", { fieldSelector: "metadata.name!=n1" }, ""],
  ["nodes/n2", {}, 'nodemetrics.metrics.k8s.io "n2" not found'],
  ["nodes/n3", {}, 'node "n3" not found'],
  ["pods", {}, "web db"],
  ["namespaces/default/pods", {}, "web"],
  ["namespaces/nowhere/pods", {}, ""],
  ["pods", { labelSelector: "app=db" }, "db"],
  ["pods", { fieldSelector: "metadata.namespace=default" }, "web"],
  [
    "pods",
    { fieldSelector: "spec.nodeName=n1" },
    `"spec.nodeName" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  ],
  ["namespaces/default/pods/web", {}, "one"],
  ["namespaces/default/pods/new", {}, 'podmetrics.metrics.k8s.io "default/new" not found'],
  ["namespaces/default/pods/ended", {}, 'pods "ended" not found'],
  ["namespaces/default/pods/none", {}, 'pods "none" not found'],
]
for (const [path, query, expected] of CASES) {
  test(`${path} ${new URLSearchParams(query)}`, async () => assert.equal(await get(path, query), expected))
}
