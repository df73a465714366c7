import assert from "node:assert/strict"
import { test } from "node:test"
import { createClient } from "../../client/typed-client.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createFakeApi } from "../testing/fake-api.ts"
import { podOf } from "../testing/pods.ts"
import { createStatusWriter } from "./status-writer.ts"

test("how long a status took is counted from its own change, and not from one that was never written", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const api = createFakeApi(platform.clock)
  const seconds: number[] = []
  const statuses = createStatusWriter({
    client: createClient(api, { fieldManager: "kubelet" }),
    timings: { observe: (_, value) => seconds.push(value) },
    platform,
    signal: new AbortController().signal,
  })
  const pod = podOf({})
  const { name, namespace } = pod.metadata
  api.put(`/api/v1/namespaces/${namespace}/pods/${name}`, { ...pod, status: {} })
  api.reachable = false
  statuses.submit(pod, { phase: "Running" })
  await platform.advance(100)
  statuses.submit(pod, pod.status)
  await platform.advance(60_000)
  assert.deepEqual(seconds, [])
  statuses.submit(pod, { phase: "Running" })
  await platform.advance(5000)
  api.reachable = true
  await platform.advance(20_000)
  const [took = 0] = seconds
  assert.equal(seconds.length, 1)
  assert.ok(took >= 5 && took < 20, `${took}`)
})
