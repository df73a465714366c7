import assert from "node:assert/strict"
import { test } from "node:test"
import type { Node } from "../api/core/v1/node.ts"
import { nodeName, startTestNode } from "./testing/test-node.ts"

const RESOURCE = "example.com/dongle"
const PATH = `/api/v1/nodes/${nodeName}`

test("all of what an admin counts for a node can be had, until an agent begins that knows nothing of it", async () => {
  const node = await startTestNode()
  const stored = () => node.api.get(PATH) as unknown as Node
  const has = (list: "capacity" | "allocatable") => stored().status[list]?.[RESOURCE]
  await node.kubelet.ready
  const count = (capacity: Record<string, string>) =>
    node.api.put(PATH, { ...stored(), status: { ...stored().status, capacity } })
  const { capacity: own = {} } = stored().status
  count({ ...own, [RESOURCE]: "3" })
  await node.platform.advanceUntil(() => has("allocatable") === "3")

  node.run("user", { containers: [{ name: "main", image: "app:1", resources: { requests: { [RESOURCE]: "4" } } }] })
  await node.until("user", ({ status }) => status.phase === "Failed")
  assert.equal(node.pod("user").status.reason, `OutOf${RESOURCE}`)

  await node.restart()
  await node.kubelet.ready
  assert.deepEqual([has("capacity"), has("allocatable")], ["0", "0"])
  count(own)
  await node.platform.advanceUntil(() => has("allocatable") === undefined)
})
