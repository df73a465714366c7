import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Pod } from "../api/core/v1/pod.ts"
import { ImageError } from "../images/images.ts"
import { startTestNode, type TestNode } from "./testing/test-node.ts"

const HOUR_MS = 3_600_000
const web = { name: "web", image: "app:1", terminationMessagePath: "/dev/termination-log" }
const first = (pod: Pod) => pod.status.containerStatuses?.[0]
const running = ({ status }: Pod) => status.phase === "Running"
const starts = (node: TestNode) => node.runtime.calls.filter((call) => call.startsWith("startContainer"))

/** What takes a time takes that time, whatever is done to the clock meanwhile. */
for (const [direction, stepMs] of [
  ["forward", HOUR_MS],
  ["back", -HOUR_MS],
] as const) {
  describe(`when the clock is set ${direction} by an hour`, () => {
    it("a pod has the rest of its active deadline, and no more", async () => {
      const node = await startTestNode()
      node.run("web", { activeDeadlineSeconds: 60, containers: [web] })
      await node.until("web", running)
      await node.platform.advance(30_000)
      node.platform.clock.setBy(stepMs)
      await node.platform.advance(25_000)
      assert.equal(node.pod("web").status.phase, "Running")
      await node.platform.advance(10_000)
      assert.equal(node.pod("web").status.reason, "DeadlineExceeded")
    })

    it("containers that end have all of their grace period", async () => {
      const node = await startTestNode()
      const [sidecar, main] = ["side", "main"].map((name) => ({ ...web, name }))
      node.programs.set("side", { stopMs: "never" }).set("main", { stopMs: 5000 })
      node.run("web", { initContainers: [{ ...sidecar, restartPolicy: "Always" }], containers: [main] })
      await node.until("web", running)
      node.delete("web", 20)
      await node.platform.advance(1000)
      node.platform.clock.setBy(stepMs)
      await node.platform.advance(30_000)
      const stops = node.runtime.calls.filter((call) => call.startsWith("stopContainer"))
      assert.deepEqual(stops, ["stopContainer main#0 20000", "stopContainer side#0 15000"])
    })

    it("an image is pulled again after its pause", async () => {
      const node = await startTestNode()
      node.images.broken.set("later:1", new ImageError("NotFound", "not yet"))
      node.run("web", { containers: [{ ...web, image: "later:1" }] })
      await node.until("web", (pod) => first(pod)?.state?.waiting?.reason === "ErrImagePull")
      node.platform.clock.setBy(stepMs)
      await node.platform.advance(1000)
      assert.equal(node.events("web").filter((event) => event.startsWith("Pulling:")).length, 1)
      node.images.broken.clear()
      await node.platform.advance(12_000)
      assert.equal(node.pod("web").status.phase, "Running")
    })

    it("a container that crashes again starts after its pause, or earlier", async () => {
      const node = await startTestNode()
      node.programs.set("web", { runMs: 100, exitCode: 1 })
      node.run("web", { containers: [web] })
      await node.until("web", (pod) => first(pod)?.restartCount === 1)
      await node.platform.advance(2000)
      node.platform.clock.setBy(stepMs)
      await node.platform.advance(11_000)
      assert.ok(starts(node).length >= 3, starts(node).join())
      // What crashes after that waits as ever.
      const count = starts(node).length
      await node.platform.advance(5000)
      assert.equal(starts(node).length, count)
    })

    it("probes go on in their time", async () => {
      const node = await startTestNode()
      let asked = 0
      node.command = () => (asked++, {})
      const probe = { exec: { command: ["check"] }, periodSeconds: 10 }
      node.run("web", { containers: [{ ...web, livenessProbe: probe }] })
      await node.until("web", running)
      await node.platform.advance(5000)
      const before = asked
      node.platform.clock.setBy(stepMs)
      await node.platform.advance(60_000)
      assert.equal(asked - before, 6)
      assert.equal(first(node.pod("web"))?.restartCount, 0)
    })

    it("the node's lease is renewed in time", async () => {
      const node = await startTestNode()
      const renewals = () => node.api.writes.filter((write) => write.startsWith("PUT") && write.includes("/leases/"))
      await node.platform.advance(20_000)
      const before = renewals().length
      node.platform.clock.setBy(stepMs)
      await node.platform.advance(40_000)
      assert.equal(renewals().length - before, 4)
    })
  })
}
