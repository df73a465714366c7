import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { defaultSettings } from "./settings/settings.ts"
import { startTestNode, type TestNode } from "./testing/test-node.ts"

const MIRROR = "web-node-1"
const HASH = "kubernetes.io/config.hash"
const pod = (image: string, more: object = {}) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web" },
    spec: { terminationGracePeriodSeconds: 2, containers: [{ name: "web", image }], ...more },
  })

describe("static pods", () => {
  let folder: string
  let node: TestNode
  const write = (text: string) => writeFileSync(join(folder, "web.json"), text)
  const path = `/api/v1/namespaces/default/pods/${MIRROR}`
  const look = () => node.platform.advance(defaultSettings.checkManifestsEveryMs)
  const starts = () => node.runtime.calls.filter((call) => call.startsWith("startContainer"))
  const running = () => node.until(MIRROR, ({ status }) => status.phase === "Running")

  const start = async () => {
    folder = mkdtempSync(join(tmpdir(), "gantry-manifests-"))
    after(() => rmSync(folder, { recursive: true, force: true }))
    node = await startTestNode({ settings: { staticPodPath: folder } })
  }

  it("run from a file, are shown by a mirror pod, and end with the file", async () => {
    await start()
    write(pod("app:1"))
    await running()
    const { metadata, status } = node.pod(MIRROR)
    const [own] = node.kubelet.pods()
    assert.equal(metadata.annotations?.["kubernetes.io/config.mirror"], own?.metadata.uid)
    assert.notEqual(metadata.uid, own?.metadata.uid)
    const [owner] = metadata.ownerReferences ?? []
    assert.deepEqual([owner?.kind, owner?.name, owner?.controller], ["Node", "node-1", true])
    assert.equal(status.containerStatuses?.[0]?.ready, true)
    rmSync(join(folder, "web.json"))
    await look()
    await node.platform.advanceUntil(() => node.api.get(path) === undefined)
    assert.deepEqual(node.kubelet.pods(), [])
    assert.equal((await node.runtime.listContainers()).length, 0)
  })

  it("run without the API server", async () => {
    await start()
    node.api.reachable = false
    write(pod("app:1"))
    await look()
    await node.platform.advanceUntil(() => node.kubelet.pods()[0]?.status.phase === "Running")
    node.api.reachable = true
    await running()
    assert.deepEqual(starts(), ["startContainer web#0"])
  })

  it("run on when their mirror is deleted, which comes back", async () => {
    await start()
    write(pod("app:1"))
    await running()
    const before = node.pod(MIRROR).metadata.resourceVersion
    node.delete(MIRROR, 30)
    await node.until(MIRROR, ({ metadata, status }) => {
      return metadata.deletionTimestamp === undefined && status.phase === "Running"
    })
    assert.notEqual(node.pod(MIRROR).metadata.resourceVersion, before)
    assert.deepEqual(starts(), ["startContainer web#0"])
  })

  it("start anew when their manifest changes, after the former one has ended", async () => {
    await start()
    write(pod("app:1"))
    await running()
    const before = node.pod(MIRROR).metadata.annotations?.[HASH]
    write(pod("app:1", { hostname: "other" }))
    await node.until(MIRROR, ({ metadata, status }) => {
      return metadata.annotations?.[HASH] !== before && status.phase === "Running"
    })
    assert.deepEqual(starts(), ["startContainer web#0", "startContainer web#0"])
    assert.equal(node.kubelet.pods().length, 1)
    const removed = node.runtime.calls.indexOf("removePodSandbox default/web-node-1")
    const second = node.runtime.calls.lastIndexOf("runPodSandbox default/web-node-1")
    assert.ok(removed > 0 && removed < second, node.runtime.calls.join("\n"))
  })

  it("that go and come back with the same manifest run again", async () => {
    await start()
    write(pod("app:1"))
    await running()
    rmSync(join(folder, "web.json"))
    await look()
    write(pod("app:1"))
    await node.platform.advanceUntil(() => starts().length === 2)
    await running()
  })

  it("are taken up as they are by the next agent, without the API server too", async () => {
    await start()
    write(pod("app:1"))
    await running()
    await look()
    const { startTime } = node.pod(MIRROR).status
    node.api.reachable = false
    await node.restart()
    await node.platform.advanceUntil(() => node.kubelet.pods()[0]?.status.phase === "Running")
    node.api.reachable = true
    await node.platform.advance(120_000)
    assert.equal(node.pod(MIRROR).status.startTime, startTime)
    assert.deepEqual(starts(), ["startContainer web#0"])
  })

  it("whose file went while no agent ran are ended by the next one", async () => {
    await start()
    write(pod("app:1"))
    await running()
    await look()
    rmSync(join(folder, "web.json"))
    await node.restart()
    await node.platform.advanceUntil(() => node.api.get(path) === undefined && node.kubelet.pods().length === 0)
    assert.equal((await node.runtime.listContainers()).length, 0)
  })

  it("are not made by the API: what says so is an ordinary pod, and a mirror of nothing is removed", async () => {
    await start()
    const annotations = { "kubernetes.io/config.source": "file" }
    node.run("liar", { containers: [{ name: "a", image: "app:1" }] }, { annotations })
    await node.until("liar", ({ status }) => status.phase === "Running")
    assert.deepEqual(node.kubelet.pods()[0]?.metadata.annotations, { "kubernetes.io/config.source": "api" })
    node.run("orphan", { containers: [] }, { annotations: { "kubernetes.io/config.mirror": "x" } })
    await node.platform.advanceUntil(() => node.api.get("/api/v1/namespaces/default/pods/orphan") === undefined)
  })

  it("survive a file that is broken until the regular look", async () => {
    await start()
    write(pod("app:1"))
    mkdirSync(join(folder, "below"))
    await running()
    write("{")
    await look()
    await node.platform.advanceUntil(() => node.api.get(path) === undefined)
    write(pod("app:1"))
    await running()
  })
})
