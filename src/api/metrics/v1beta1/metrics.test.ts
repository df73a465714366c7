import { testRows } from "../../testing.ts"
import { NodeMetrics } from "./node-metrics.ts"
import { PodMetrics } from "./pod-metrics.ts"

const time = { timestamp: "2026-01-01T00:59:00Z", window: "15.02s" }
const containers = [
  { name: "a", usage: { cpu: "1500000n", memory: "2048Ki" } },
  { name: "b", usage: { cpu: "500u", memory: "1000Ki" } },
]

testRows([
  {
    name: "what a node uses",
    resource: NodeMetrics,
    manifest: { ...time, usage: { cpu: "123456n", memory: "2048Ki" } },
    headers: "cpu memory Window",
    cells: ["123456n", "2Mi", "15.02s"],
  },
  {
    name: "what the containers of a pod use together",
    resource: PodMetrics,
    manifest: { ...time, containers },
    headers: "cpu memory Window",
    cells: ["2m", "3048Ki", "15.02s"],
  },
])
