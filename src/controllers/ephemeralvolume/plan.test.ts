import assert from "node:assert/strict"
import { test } from "node:test"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { pod } from "../testing.ts"
import { plan } from "./plan.ts"

const template = {
  metadata: { labels: { app: "web" }, annotations: { note: "x" } },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
}
const volumes = [
  { name: "tmp", emptyDir: {} },
  { name: "data", ephemeral: { volumeClaimTemplate: template } },
  { name: "more", ephemeral: { volumeClaimTemplate: template } },
]
const web = pod("web", { spec: { volumes } })
const owner = { apiVersion: "v1", kind: "Pod", name: "web", uid: "uid-web", controller: true, blockOwnerDeletion: true }
const claim = (name: string, ownerReferences: object[]) =>
  ({ metadata: { namespace: "default", name, ownerReferences } }) as unknown as PersistentVolumeClaim

test("each ephemeral volume gets a claim that the pod owns", () => {
  const steps = plan(web, (name) => (name === "web-more" ? claim(name, [owner]) : undefined))
  const metadata = { namespace: "default", name: "web-data", ownerReferences: [owner], ...template.metadata }
  assert.deepEqual(steps, [{ do: "create", volume: "data", claim: { metadata, spec: template.spec } }])
})

test("a claim that is somebody else's is not taken", () => {
  for (const owners of [[], [{ ...owner, uid: "old" }], [{ ...owner, controller: false }]]) {
    const message = "PVC default/web-data was not created for pod default/web (pod is not owner)"
    assert.deepEqual(
      plan(web, (name) => claim(name, owners)),
      [{ do: "refuse", volume: "data", message }],
    )
  }
})

test("a pod that goes gets none", () => {
  const going = pod("web", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, spec: { volumes } })
  assert.deepEqual(
    plan(going, () => undefined),
    [],
  )
})
