import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Pod } from "../../../api/core/v1/pod.ts"
import { startTestBack, type TestBack } from "../testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack()
})
after(() => back.close())

const namespace = "default"
const pods = () => back.client.of(Pod)
const run = (name: string, resources: object = {}) =>
  pods().create({ metadata: { name, namespace }, spec: { containers: [{ name: "c", image: "i", resources }] } })
const part = (name: string, subresource: string, spec: object) =>
  pods().patch({ namespace, name }, { spec }, { type: "strategic", subresource })

test("debug containers can be added and then stay as they are", async () => {
  await run("debugged")
  const patched = await part("debugged", "ephemeralcontainers", {
    ephemeralContainers: [{ name: "debug", image: "tools" }],
    containers: [{ name: "c", image: "other" }],
  })
  assert.equal(patched.spec.ephemeralContainers?.[0]?.name, "debug")
  // Everything else of what was sent is ignored.
  assert.equal(patched.spec.containers[0]?.image, "i")
  await assert.rejects(
    part("debugged", "ephemeralcontainers", { ephemeralContainers: [{ name: "debug", image: "changed" }] }),
    /existing ephemeral containers "debug" may not be changed/,
  )
})

test("a pod is resized within its class", async () => {
  await run("sized", { requests: { cpu: "100m" } })
  const resized = await part("sized", "resize", {
    containers: [{ name: "c", resources: { requests: { cpu: "200m" } } }],
  })
  assert.equal(resized.spec.containers[0]?.resources?.requests?.["cpu"], "200m")
  assert.equal(resized.metadata.generation, 2)
  const limits = { cpu: "200m", memory: "64Mi" }
  await assert.rejects(
    part("sized", "resize", { containers: [{ name: "c", resources: { requests: limits, limits } }] }),
    /Pod QOS Class may not change as a result of resizing/,
  )
  await assert.rejects(
    part("sized", "resize", { containers: [{ name: "c", resources: { requests: { "example.com/gpu": "1" } } }] }),
    /only cpu and memory resources are mutable/,
  )
})

test("a node that cannot resize refuses", async () => {
  const pod = await run("fixed", { requests: { cpu: "100m" } })
  const state = { running: { startedAt: "2026-01-01T00:00:00Z" } }
  const status = { name: "c", state, ready: true, restartCount: 0, image: "i", imageID: "i" }
  await pods().updateStatus({ ...pod, status: { ...pod.status, containerStatuses: [status] } })
  await assert.rejects(
    part("fixed", "resize", { containers: [{ name: "c", resources: { requests: { cpu: "200m" } } }] }),
    /Pod running on node without support for resize/,
  )
})
