import assert from "node:assert/strict"
import { test } from "node:test"
import { claimedVolumes, whyNotOfPod } from "./claimed-volumes.ts"
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts"
import type { Pod } from "./pod.ts"

const volumes = [
  { name: "tmp", emptyDir: {} },
  { name: "data", persistentVolumeClaim: { claimName: "shared" } },
  { name: "scratch", ephemeral: {} },
]
const pod = { metadata: { namespace: "default", name: "web", uid: "w" }, spec: { volumes } } as unknown as Pod

test("a pod uses the claims that it names, and those that are made for it alone", () => {
  assert.deepEqual(claimedVolumes(pod), [
    { claimName: "shared", isEphemeral: false },
    { claimName: "web-scratch", isEphemeral: true },
  ])
})

test("a claim is made for a pod that controls it", () => {
  const claim = (...ownerReferences: readonly object[]) =>
    ({ metadata: { namespace: "default", name: "web-scratch", ownerReferences } }) as unknown as PersistentVolumeClaim
  const why = "PVC default/web-scratch was not created for pod default/web (pod is not owner)"
  assert.equal(whyNotOfPod(pod, claim({ uid: "w", controller: true })), undefined)
  assert.equal(whyNotOfPod(pod, claim()), why)
  assert.equal(whyNotOfPod(pod, claim({ uid: "w" })), why)
  assert.equal(whyNotOfPod(pod, claim({ uid: "other", controller: true })), why)
})
