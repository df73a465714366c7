import assert from "node:assert/strict"
import { test } from "node:test"
import { MetricsRegistry } from "../platform/metrics-registry.ts"
import { startTestNode } from "./testing/test-node.ts"

test("the kubelet tells how often it does what, and how long that takes", async () => {
  const registry = new MetricsRegistry()
  const node = await startTestNode({ registry })
  const created = new Date(node.platform.clock.nowMs() - 4000).toISOString()
  node.programs.set("init", { runMs: 3000 })
  const container = (name: string, image = "app:1") => ({ name, image })
  const volumes = [{ name: "v", emptyDir: {} }]
  const mounted = { ...container("web"), volumeMounts: [{ name: "v", mountPath: "/v" }] }
  const spec = { volumes, initContainers: [container("init")], containers: [mounted, container("side")] }
  node.run("web", spec, { creationTimestamp: created })
  await node.until("web", ({ status }) => status.phase === "Running")
  node.delete("web", 0)
  await node.platform.advanceUntil(() => !node.kubelet.pods().some(({ metadata }) => metadata.name === "web"))

  const told = new Map(
    registry
      .render()
      .split("\n")
      .map((line): [string, number] => [
        line.slice(0, line.lastIndexOf(" ")),
        Number(line.slice(line.lastIndexOf(" "))),
      ]),
  )
  const counted = new Map(node.kubelet.metrics().map(({ name, samples }) => [name, samples]))
  const operations = counted.get("kubelet_runtime_operations_total") ?? []
  const asked = new Map(operations.map(({ labels, value }) => [labels?.["operation_type"], value]))
  assert.deepEqual(
    ["run_podsandbox", "create_container", "start_container", "remove_container"].map((name) => asked.get(name)),
    [1, 3, 3, 3],
  )
  for (const [name, count] of [
    ['kubelet_run_podsandbox_duration_seconds_count{runtime_handler=""}', 1],
    ['kubelet_runtime_operations_duration_seconds_count{operation_type="create_container"}', 3],
    ["kubelet_pod_start_duration_seconds_count", 1],
    ["kubelet_pod_start_total_duration_seconds_count", 1],
    ["kubelet_pod_start_sli_duration_seconds_count", 1],
    ["kubelet_pod_worker_start_duration_seconds_count", 1],
    ["kubelet_containers_per_pod_count_sum", 2],
    ['kubelet_pod_worker_duration_seconds_count{operation_type="create"}', 1],
    ['kubelet_cgroup_manager_duration_seconds_count{operation_type="destroy"}', 1],
    ["kubelet_pleg_relist_duration_seconds_count", 1],
    [
      'storage_operation_duration_seconds_count{volume_plugin="kubernetes.io/empty-dir",operation_name="volume_mount",status="success",migrated="false"}',
      1,
    ],
  ] as const) {
    assert.equal(told.get(name), count, name)
  }
  const seconds = (name: string) => told.get(`kubelet_pod_start_${name}_seconds_sum`) ?? 0
  assert.ok(seconds("duration") >= 3 && seconds("duration") < 4, `${seconds("duration")}`)
  assert.ok(seconds("total_duration") >= 7, `${seconds("total_duration")}`)
  assert.equal(Math.round(seconds("total_duration") - seconds("sli_duration")), 3)
  assert.ok((told.get("kubelet_pod_status_sync_duration_seconds_count") ?? 0) >= 2)
})
