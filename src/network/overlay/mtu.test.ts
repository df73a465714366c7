import assert from "node:assert/strict"
import { test } from "node:test"
import { cannotRun, createTestBed } from "../testing/namespaces.ts"
import { podMtu } from "./mtu.ts"

test("pods' packets fit into the tunnel and through the way to the world", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const [node, nodes, world] = [bed.namespace("node"), bed.namespace("nodes"), bed.namespace("world")]
  bed.connect(
    { netns: node, name: "up0", address: "192.0.2.1/24" },
    { netns: nodes, name: "up0", address: "192.0.2.2/24" },
  )
  const both = () => [podMtu("192.0.2.1", true, node), podMtu("192.0.2.1", false, node)]
  assert.deepEqual(both(), [1450, 1500])
  await bed.run(node, "ip", "link", "set", "up0", "mtu", "9000")
  assert.deepEqual(both(), [8950, 9000])
  bed.connect(
    { netns: node, name: "up1", address: "198.51.100.1/24" },
    { netns: world, name: "up1", address: "198.51.100.2/24" },
  )
  await bed.run(node, "ip", "link", "set", "up1", "mtu", "1460")
  await bed.run(node, "ip", "route", "add", "default", "via", "198.51.100.2")
  assert.deepEqual(both(), [1460, 1460])
  assert.equal(podMtu("127.0.0.1", false, nodes), 1500)
})
