import { parseArgs } from "node:util"
import { run as api } from "./api.ts"
import { run as controllers } from "./controllers.ts"
import { type Measurement, printLines, printTable } from "./measurement.ts"
import { run as network } from "./network.ts"
import { run as node } from "./node.ts"
import { run as pod } from "./pod.ts"
import { run as scheduler } from "./scheduler.ts"
import { run as start } from "./start.ts"
import { run as store } from "./store.ts"
import { run as testCluster } from "./test-cluster.ts"

const benches: ReadonlyMap<string, () => Promise<readonly Measurement[]>> = new Map([
  ["store", store],
  ["api", api],
  ["start", start],
  ["node", node],
  ["pod", pod],
  ["network", network],
  ["test-cluster", testCluster],
  ["controllers", controllers],
  ["scheduler", scheduler],
])

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } })
const chosen = positionals.map((name) => benches.get(name))
if (chosen.length === 0 || chosen.includes(undefined)) {
  process.stderr.write(`Usage: npm run bench -- NAME… [--json]\nNames: ${[...benches.keys()].join(", ")}\n`)
  process.exitCode = 2
} else {
  const print = values.json === true ? printLines : printTable
  for (const bench of chosen) if (bench !== undefined) print(await bench())
}
