import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { bandwidthOf } from "./bandwidth.ts"
import { createBridgeNetwork } from "./bridge-network.ts"
import { hostInterfaceOf } from "./host-interface.ts"

const INGRESS = "kubernetes.io/ingress-bandwidth"
const EGRESS = "kubernetes.io/egress-bandwidth"

test("annotations are bits per second", () => {
  const { ingress, egress } = bandwidthOf({ [INGRESS]: "10M", [EGRESS]: "40G" })
  assert.deepEqual([ingress?.bytesPerSecond, egress?.bytesPerSecond], [1_250_000, 5_000_000_000])
  assert.deepEqual(bandwidthOf({ other: "10M" }), {})
})

const refused: readonly [string, RegExp][] = [
  ["fast", /ingress-bandwidth "fast", expected bits per second such as "10M"/],
  ["999", /unreasonably small \(< 1kbit\)/],
  ["2P", /unreasonably large \(> 1Pbit\)/],
]
for (const [text, message] of refused) {
  test(`refuses "${text}"`, () => assert.throws(() => bandwidthOf({ [INGRESS]: text }), message))
}

test("pods are limited in both directions", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const [node, pod] = [bed.namespace("node"), bed.namespace("pod")]
  const network = createBridgeNetwork({
    name: "gtest0",
    ranges: [{ podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }],
    stateDir: join(bed.dir, "state"),
    netns: node,
    platform,
  })
  bed.defer(() => network.close())
  await network.start()
  await assert.rejects(network.setUp(podRequest("bad", pod, { annotations: { [INGRESS]: "x" } })), /expected bits/)
  await network.tearDown(podRequest("bad", pod))
  const { ips } = await network.setUp(podRequest("a", pod, { annotations: { [INGRESS]: "10M", [EGRESS]: "40G" } }))
  const port = hostInterfaceOf("gtest0", "a")
  assert.match(await bed.run(node, "tc", "qdisc", "show", "dev", port), /tbf .*rate 10Mbit burst 128Kb/)
  assert.match(await bed.run(pod, "tc", "qdisc", "show", "dev", "eth0"), /tbf .*rate 40Gbit/)

  // More than the queue holds in one go: what is dropped is repeated, so all arrives.
  await bed.serve(pod, 80, "x".repeat(2_000_000))
  assert.match(await bed.ask(node, ips[0] ?? "", 80), /^x{2000000} 10\.244\.0\.1$/)
})
