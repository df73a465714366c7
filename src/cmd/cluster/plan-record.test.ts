import assert from "node:assert/strict"
import { test } from "node:test"
import { UserError } from "../../cli/user-error.ts"
import { type MachineView, planRecord, type UpOptions } from "./plan-record.ts"
import type { ClusterRecord } from "./record.ts"

const machine: MachineView = {
  others: [],
  hostname: "My_Host.local",
  isPortFree: (port) => port !== 6443,
  isSlotFree: (slot) => slot !== 0,
  defaultKubeconfig: "/home/me/.kube/config",
}
const before: ClusterRecord = {
  name: "ci",
  slot: 4,
  dataDir: "/data/ci",
  kubeconfig: "/data/kubeconfig",
  apiPort: 7000,
  nodes: [{ name: "host", kind: "host" }],
}

test("a new cluster takes what is free", () => {
  assert.deepEqual(
    planRecord(undefined, { name: "ci" }, { ...machine, others: [{ ...before, slot: 1, apiPort: 6444 }] }),
    {
      name: "ci",
      slot: 2,
      dataDir: "/var/lib/gantry/clusters/ci",
      kubeconfig: "/home/me/.kube/config",
      apiPort: 6445,
      nodes: [{ name: "my-host.local", kind: "host" }],
    },
  )
})

test("a known cluster stays as it is", () => {
  assert.deepEqual(planRecord(before, { name: "ci" }, machine), before)
})

test("the addresses of load balancers are the slot's own until others are given", () => {
  const given = planRecord(before, { name: "ci", loadBalancerPool: "192.0.2.0/28" }, machine)
  assert.equal(given.loadBalancerPool, "192.0.2.0/28")
  assert.equal(planRecord(given, { name: "ci" }, machine).loadBalancerPool, "192.0.2.0/28")
  assert.deepEqual(planRecord(given, { name: "ci", loadBalancerPool: "" }, machine), before)
})

test("nodes are added behind the existing ones", () => {
  assert.deepEqual(planRecord(before, { name: "ci", nodes: 3 }, machine).nodes, [
    { name: "host", kind: "host" },
    { name: "ci-2", kind: "namespace" },
    { name: "ci-3", kind: "namespace" },
  ])
})

const refused: readonly { readonly name: string; readonly options: UpOptions; readonly others?: ClusterRecord[] }[] = [
  { name: "another data folder", options: { name: "ci", dataDir: "/elsewhere" } },
  {
    name: "a data folder of another cluster",
    options: { name: "ci" },
    others: [{ ...before, name: "other", apiPort: 1 }],
  },
  ...[
    "all",
    "192.0.2.9-192.0.2.1",
    "127.0.0.0/24",
    "10.0.0.0/8",
    "10.240.3.0/24",
    "10.90.4.0/30",
    "198.51.100.4-198.51.100.9",
  ].map((loadBalancerPool) => ({
    name: `the pool ${loadBalancerPool}`,
    options: { name: "ci", loadBalancerPool },
    others: [
      { ...before, name: "other", slot: 5, dataDir: "/x", apiPort: 1, loadBalancerPool: "198.51.100.9-198.51.100.12" },
      { ...before, name: "third", slot: 6, dataDir: "/y", apiPort: 2, loadBalancerPool: "10.90.4.0/29" },
    ],
  })),
  {
    name: "a port of another cluster",
    options: { name: "ci", apiPort: 7001 },
    others: [{ ...before, dataDir: "/x", apiPort: 7001 }],
  },
  { name: "fewer nodes", options: { name: "ci", nodes: 0 } },
]
for (const { name, options, others = [] } of refused) {
  test(`refuses ${name}`, () => assert.throws(() => planRecord(before, options, { ...machine, others }), UserError))
}
