import assert from "node:assert/strict"
import { test } from "node:test"
import { createClient } from "../../client/typed-client.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createFakeApi } from "../testing/fake-api.ts"
import { keepLease } from "./lease.ts"

test("a lease belongs to its node as soon as the node is known, so that it goes with it", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const api = createFakeApi(platform.clock)
  const stop = new AbortController()
  let uid: string | undefined
  const kept = keepLease({
    client: createClient(api, { fieldManager: "kubelet" }),
    platform,
    nodeName: "n",
    nodeUid: () => uid,
    durationSeconds: 40,
    signal: stop.signal,
  })
  const lease = () => api.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n")
  await platform.advance(1)
  assert.equal(lease()?.metadata["ownerReferences"], undefined)
  uid = "uid-n"
  await platform.advance(10_000)
  assert.deepEqual(lease()?.metadata["ownerReferences"], [{ apiVersion: "v1", kind: "Node", name: "n", uid: "uid-n" }])
  stop.abort()
  await kept
})
