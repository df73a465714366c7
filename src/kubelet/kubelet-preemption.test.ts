import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { startTestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1", terminationMessagePath: "/dev/termination-log" }

test("a static pod finds room on a full node, and whoever makes it says why", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-manifests-"))
  const node = await startTestNode({ settings: { staticPodPath: folder, podsMax: 2 } })
  try {
    for (const name of ["one", "two"]) node.run(name, { containers: [web] })
    for (const name of ["one", "two"]) await node.until(name, ({ status }) => status.phase === "Running")
    node.run("three", { containers: [web] })
    await node.until("three", ({ status }) => status.phase === "Failed")
    assert.equal(node.pod("three").status.reason, "OutOfpods")
    const manifest = { apiVersion: "v1", kind: "Pod", metadata: { name: "vital" }, spec: { containers: [web] } }
    writeFileSync(join(folder, "vital.json"), JSON.stringify(manifest))
    await node.until("vital-node-1", ({ status }) => status.phase === "Running")
    await node.until("one", ({ status }) => status.phase === "Failed")
    const { conditions, message, reason } = node.pod("one").status
    assert.deepEqual([reason, message], ["Preempting", "Preempted in order to admit critical pod"])
    assert.equal(
      conditions?.find(({ type }) => type === "DisruptionTarget")?.message,
      "Pod was preempted by Kubelet to accommodate a critical pod.",
    )
    assert.ok(node.events("one").includes("Preempting: Preempted in order to admit critical pod"))
    assert.equal(node.pod("two").status.phase, "Running")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
