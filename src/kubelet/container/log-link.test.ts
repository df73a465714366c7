import assert from "node:assert/strict"
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { startTestNode } from "../testing/test-node.ts"

test("log collectors find the logs of containers that are there, by the names of their pods", async () => {
  const node = await startTestNode()
  const folder = join(dirname(node.dataDir), "containers")
  const log = join(dirname(node.dataDir), "logs", "default_web_uid-web", "web", "0.log")
  mkdirSync(dirname(log), { recursive: true })
  writeFileSync(log, "a line\n")
  node.run("web", { containers: [{ name: "web", image: "app:1" }] })
  await node.until("web", ({ status }) => status.phase === "Running")
  const [link = "", ...others] = readdirSync(folder)
  const id = node.pod("web").status.containerStatuses?.[0]?.containerID?.split("//")[1]
  assert.deepEqual([link, ...others], [`web_default_web-${id}.log`])
  assert.equal(readlinkSync(join(folder, link)), "../logs/default_web_uid-web/web/0.log")
  assert.equal(readFileSync(join(folder, link), "utf8"), "a line\n")

  // As in the middle of a rotation.
  rmSync(log)
  symlinkSync("../logs/gone.log", join(folder, "old_default_web-0123456789ab.log"))
  await node.platform.advanceUntil(() => !readdirSync(folder).includes("old_default_web-0123456789ab.log"))
  assert.deepEqual(readdirSync(folder), [link])

  node.delete("web", 0)
  await node.platform.advanceUntil(() => !node.kubelet.pods().some(({ metadata }) => metadata.name === "web"))
  assert.deepEqual(readdirSync(folder), [])
})
