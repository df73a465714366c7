import assert from "node:assert/strict"
import { test } from "node:test"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { MetricsRegistry } from "../../platform/metrics-registry.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import { createCollector } from "./collector.ts"
import { type Points, usageOfNode, usageOfPod } from "./usage.ts"

/** Nodes `a` and `b` with a kubelet each; `ns/p` runs on `a`. */
const NODES = ["a", "b"].map((name, index) => ({
  metadata: { name },
  status: {
    addresses: [{ type: "InternalIP", address: `10.0.0.${index}` }],
    daemonEndpoints: { kubeletEndpoint: { Port: 1000 } },
  },
}))
const POD = { metadata: { name: "p", namespace: "ns" }, spec: { nodeName: "a" } }
const reader = {
  list: () => NODES,
  get: (resource: AnyResource, _: string, name: string) =>
    resource === Node ? NODES.find(({ metadata }) => metadata.name === name) : resource === Pod ? POD : undefined,
} as unknown as Pick<ObjectReader, "get" | "list">

/** Every kubelet claims that the pod is its own, and uses 100 ms of a core each second. */
function start(answers: (host: string) => "answers" | "fails" | "hangs" = () => "answers") {
  const platform = createSimPlatform({ seed: 1 })
  const { clock } = platform
  const bornMs = clock.nowMs() - 100_000
  const asked: string[] = []
  const metrics = new MetricsRegistry()
  const collector = createCollector({
    reader,
    platform,
    metrics,
    ask: async ({ host, port }, signal) => {
      asked.push(`${clock.monotonicMs() / 1000} ${host}:${port}`)
      const how = answers(host)
      if (how === "fails") throw new Error("connection refused")
      if (how === "hangs") await clock.sleep(1e9, signal)
      const labels = `{container="c",namespace="ns",pod="p"}`
      const [seconds, now] = [(clock.nowMs() - bornMs) / 10_000, clock.nowMs()]
      return [
        `node_cpu_usage_seconds_total ${seconds} ${now}`,
        `node_memory_working_set_bytes 4096 ${now}`,
        `container_cpu_usage_seconds_total${labels} ${seconds * (host === "10.0.0.0" ? 1 : 9)} ${now}`,
        `container_memory_working_set_bytes${labels} 4096 ${now}`,
        `container_start_time_seconds${labels} ${bornMs / 1000}`,
      ].join("\n")
    },
  })
  /** What somebody who asks now is told, and how long that takes. */
  const points = async (): Promise<{ readonly points: Points; readonly afterMs: number }> => {
    const sinceMs = clock.monotonicMs()
    let told: Points | undefined
    void collector.points().then((result) => (told = result))
    await clock.advanceUntil(() => told !== undefined)
    assert(told)
    return { points: told, afterMs: clock.monotonicMs() - sinceMs }
  }
  return { clock, collector, asked, metrics, points }
}

test("who asks first waits until there are two points", async () => {
  const { points, asked, clock } = start()
  assert.deepEqual([asked.length, clock.pendingTimers()], [0, 0])
  const first = await points()
  assert.equal(first.afterMs, 2000)
  assert.deepEqual(asked, ["0 10.0.0.0:1000", "0 10.0.0.1:1000", "2 10.0.0.0:1000", "2 10.0.0.1:1000"])
  assert.equal(usageOfNode(first.points, "b")?.cpuNanoCores, 1e8)
  const pod = usageOfPod(first.points, "ns/p")
  assert.deepEqual([pod?.windowMs, pod?.containers.get("c")?.cpuNanoCores], [2000, 1e8])
})

test("then kubelets are asked every 15 s, and others are told at once", async () => {
  const { points, asked, clock } = start()
  await points()
  await clock.advance(15_000)
  const { points: now, afterMs } = await points()
  assert.deepEqual([asked.length, afterMs, usageOfNode(now, "a")?.windowMs], [6, 0, 15_000])
})

test("it rests when nobody asks any more, and forgets", async () => {
  const { points, asked, clock } = start()
  await points()
  await clock.advance(600_000)
  const until = asked.length
  assert.equal(clock.pendingTimers(), 0)
  await clock.advance(600_000)
  assert.equal(asked.length, until)
  const again = await points()
  assert.deepEqual([again.afterMs, usageOfNode(again.points, "a")?.windowMs], [2000, 2000])
})

test("a kubelet that does not answer hides nobody else", async () => {
  const { points, metrics } = start((host) => (host === "10.0.0.1" ? "fails" : "answers"))
  const { points: told } = await points()
  assert.equal(usageOfNode(told, "b"), undefined)
  assert.equal(usageOfNode(told, "a")?.cpuNanoCores, 1e8)
  assert.match(metrics.render(), /^metrics_server_kubelet_request_total\{success="false"\} 2$/m)
})

test("nobody waits long for one that hangs", async () => {
  const { points, clock } = start((host) => (host === "10.0.0.1" ? "hangs" : "answers"))
  assert.equal((await points()).afterMs, 8000)
  await clock.advance(20_000)
  const later = await points()
  assert.deepEqual([later.afterMs, usageOfNode(later.points, "a")?.cpuNanoCores], [0, 1e8])
})

test("closing ends it", async () => {
  const { points, collector, clock } = start()
  await points()
  collector.close()
  await clock.advance(0)
  assert.equal(clock.pendingTimers(), 0)
})
