import assert from "node:assert/strict"
import { test } from "node:test"
import { startTestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1" }

const unsupported: { name: string; spec: object; event: string }[] = [
  {
    name: "user namespaces",
    spec: { hostUsers: false },
    event:
      "FailedCreatePodSandBox: Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces",
  },
  {
    name: "resource claims",
    spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }] },
    event:
      'FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: fetch ResourceClaim gpu: resourceclaims "gpu" not found',
  },
]
for (const { event, name, spec } of unsupported) {
  test(`what this node cannot do is said, and the pod waits: ${name}`, async () => {
    const node = await startTestNode()
    node.run("web", { containers: [web], ...spec })
    await node.platform.advance(5000)
    assert.deepEqual(
      [...new Set(node.events("web"))].filter((each) => each.startsWith("Failed")),
      [event],
    )
    assert.equal(node.pod("web").status.phase, "Pending")
    assert.equal(node.pod("web").status.containerStatuses?.[0]?.state?.waiting?.reason, "ContainerCreating")
    assert.deepEqual(await node.runtime.listPodSandboxes(), [])
  })
}
