import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pod } from "../../../api/core/v1/pod.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"
import { checkClaim, driversWant } from "./node-storage.ts"

const stored = new Map<string, object>([
  ["CSIDriver//wants", { spec: { tokenRequests: [{ audience: "vault" }] } }],
  ["PersistentVolumeClaim/a/data", { spec: { volumeName: "pv" } }],
  ["PersistentVolumeClaim/a/web-v", { spec: { volumeName: "pv" } }],
  ["PersistentVolume//pv", { spec: { csi: { driver: "wants" } } }],
])
const reader = {
  get: ({ kind }: { kind: string }, namespace: string, name: string) => stored.get(`${kind}/${namespace}/${name}`),
} as unknown as ObjectReader

const volumes: { name: string; volume: object; audience?: string; wanted: boolean }[] = [
  { name: "an inline volume", volume: { csi: { driver: "wants" } }, wanted: true },
  { name: "a claim", volume: { persistentVolumeClaim: { claimName: "data" } }, wanted: true },
  { name: "an ephemeral claim", volume: { ephemeral: {} }, wanted: true },
  { name: "another audience", volume: { csi: { driver: "wants" } }, audience: "other", wanted: false },
  { name: "a driver that nobody described", volume: { csi: { driver: "none" } }, wanted: false },
  { name: "a claim that is not there", volume: { persistentVolumeClaim: { claimName: "none" } }, wanted: false },
  { name: "a volume without a driver", volume: { emptyDir: {} }, wanted: false },
]

for (const { name, volume, audience = "vault", wanted } of volumes) {
  test(`whether a driver wants tokens: ${name}`, () => {
    const pod = { metadata: { name: "web", namespace: "a" }, spec: { volumes: [{ name: "v", ...volume }] } }
    assert.equal(driversWant(pod as unknown as Pod, audience, reader), wanted)
  })
}

test("a node writes how a volume grows, and nothing else of its claim", () => {
  const old = {
    metadata: { name: "data", labels: {} },
    spec: {},
    status: { phase: "Bound", capacity: { storage: "1" } },
  }
  const ask = (object: object, subresource = "status") => {
    const request = {
      operation: "UPDATE",
      subresource,
      object,
      old,
      resource: { group: "", plural: "p" },
      name: "data",
    }
    checkClaim(request as unknown as AdmissionRequest, "n1")
  }
  ask({ ...old, status: { ...old.status, capacity: { storage: "2" }, conditions: [{ type: "Resizing" }] } })
  assert.throws(() => ask({ ...old, status: { phase: "Lost" } }), /not allowed to update fields other than/)
  assert.throws(() => ask({ ...old, metadata: { name: "data", labels: { a: "b" } } }), /not allowed to update fields/)
  assert.throws(() => ask(old, ""), /may only update PVC status/)
})
