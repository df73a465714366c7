import assert from "node:assert/strict"
import { test } from "node:test"
import { MetricsRegistry } from "./metrics-registry.ts"
import { addProcessMetrics } from "./process-metrics.ts"

test("a process tells what it takes", () => {
  const registry = new MetricsRegistry()
  addProcessMetrics(registry)
  const lines = registry
    .render()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
  const told = new Map(lines.map((line): [string, number] => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]))
  assert.equal(told.size, 7)
  for (const [name, value] of told) assert.ok(value > 0, `${name} ${value}`)
  const [open = 0, max = 0] = [told.get("process_open_fds"), told.get("process_max_fds")]
  assert.ok(open < max)
  assert.ok(Math.abs((told.get("process_start_time_seconds") ?? 0) - Date.now() / 1000) < 3600)
})
