import assert from "node:assert/strict"
import { test } from "node:test"
import { startTestCluster } from "./cluster.ts"

test("up makes a ready node; down --purge leaves nothing", async () => {
  const cluster = await startTestCluster({ name: "empty" })
  assert.ok(cluster.serverPid)
  assert.ok(cluster.agentPid())
  assert.match(await cluster.kubectl("get nodes --no-headers"), / Ready /)
  assert.match(await cluster.gantry("images"), /gantry\.test\/busybox:1/)
  assert.notDeepEqual(await cluster.leftovers(), [])
  await cluster.down()
})
