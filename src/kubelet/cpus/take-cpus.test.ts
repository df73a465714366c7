import assert from "node:assert/strict"
import { test } from "node:test"
import { formatCpus, parseCpus } from "./cpu-set.ts"
import { cpuTopology } from "./cpu-topology.ts"
import { takeDistributed } from "./distribute-cpus.ts"
import { takePacked } from "./take-cpus.ts"
import { caches, large, merged } from "./testing/machines.ts"

const machines = { large, caches, merged }

function take(machine: keyof typeof machines, how: string, available: string, count: number): string {
  const topology = cpuTopology(machines[machine])
  const free = new Set(parseCpus(available))
  if (how === "distributed") return formatCpus(takeDistributed(topology, free, count, 1, "packed"))
  if (how === "distributed by core") return formatCpus(takeDistributed(topology, free, count, 2, "packed"))
  const sorting = how === "spread" ? "spread" : "packed"
  return formatCpus(takePacked(topology, free, count, { sorting, alignCaches: how === "caches" }))
}

/** What Kubernetes' kubelet takes, of which CPUs: machine, way, available, count, taken. */
const facts: readonly (readonly [keyof typeof machines, string, string, number, string])[] = [
  ["large", "packed", "0-31", 31, "0-30"],
  ["large", "spread", "0-31", 15, "0-7,16-22"],
  ["large", "distributed", "0-31", 14, "0-7,16-18,20-22"],
  ["large", "distributed by core", "0-31", 32, "0-31"],
  ["large", "caches", "0-31", 5, "0-2,16-17"],
  ["large", "packed", "0-3,5-11,13-14,16-19,21-27,29-30", 21, "0-3,5,8-11,13-14,16-19,24-27,29-30"],
  ["large", "spread", "1-2,4-7,9-14,17-18,20-23,25-30", 17, "1-2,4-7,9-13,17-18,20-23"],
  ["large", "distributed", "0,2-8,11,14-16,18-24,27,30-31", 21, "0,2-8,11,14-16,18-24,27,30"],
  ["large", "distributed by core", "0-3,5-6,8-9,11,13-19,21-22,24-25,27,29-31", 6, "0-2,16-18"],
  ["large", "caches", "1-6,8,12-15,17-22,24,28-31", 10, "8,12-15,24,28-31"],
  ["large", "packed", "2-3,5,8-11,15,18-21,23,25-26,31", 1, "2"],
  ["large", "spread", "0,2-4,6,9-10,12-15,18-19,22,25-26,28,31", 16, "0,2-4,6,9-10,12-15,18-19,22,25-26"],
  ["large", "distributed", "3-5,9-10,13,15,19-21,24-26,29,31", 1, "24"],
  [
    "large",
    "distributed by core",
    "1-3,5-8,11-13,15,17-19,21-24,27-29,31",
    18,
    "1-3,5-7,12-13,15,17-19,21-23,28-29,31",
  ],
  ["large", "caches", "0-2,7,10,12,15-18,26-28,31", 4, "0-1,16-17"],
  ["caches", "packed", "0-15", 9, "0-4,8-11"],
  ["caches", "spread", "0-15", 11, "0-10"],
  ["caches", "distributed", "0-15", 4, "0-1,8-9"],
  ["caches", "distributed by core", "0-15", 2, "0,8"],
  ["caches", "caches", "0-15", 3, "0-1,8"],
  ["caches", "packed", "1-2,4,6-7,9-10,12,14-15", 6, "1-2,4,9-10,12"],
  ["caches", "spread", "0,3,5,8,11,13", 4, "0,3,5,8"],
  ["caches", "distributed", "0,2,5,7-8,10,13,15", 8, "0,2,5,7-8,10,13,15"],
  ["caches", "distributed by core", "0-1,3,5,7-9,11,13,15", 2, "0,8"],
  ["caches", "caches", "1-5,9-13", 8, "1-4,9-12"],
  ["caches", "packed", "1-2,4-7,9-10,12-15", 2, "1,9"],
  ["caches", "spread", "0,5-6,10,13-15", 7, "0,5-6,10,13-15"],
  ["caches", "distributed", "2-4,6-15", 7, "2-4,8,10-12"],
  ["caches", "distributed by core", "0,2-3,5,7-8,10-11,13,15", 8, "0,2-3,5,8,10-11,13"],
  ["caches", "caches", "0-1,5,8-9,12", 4, "0-1,8-9"],
  ["merged", "packed", "0-15", 6, "0-2,8-10"],
  ["merged", "spread", "0-15", 3, "0-1,8"],
  ["merged", "distributed", "0-15", 13, "0-6,8-10,12-14"],
  ["merged", "distributed by core", "0-15", 4, "0-1,8-9"],
  ["merged", "caches", "0-15", 16, "0-15"],
  ["merged", "packed", "0,2-4,6-8,10-12,14-15", 10, "0,2-3,6-8,10-11,14-15"],
  ["merged", "spread", "1,3-5,7,9,11-13,15", 3, "1,3,9"],
  ["merged", "distributed", "0-2,4-10,12-15", 2, "4,12"],
  ["merged", "distributed by core", "4-6,12-14", 2, "6,14"],
  ["merged", "caches", "2,5,7,10,13,15", 1, "2"],
  ["merged", "packed", "0,2,5-8,13-15", 1, "2"],
  ["merged", "spread", "0-1,3,5-9,11,13-15", 12, "0-1,3,5-9,11,13-15"],
  ["merged", "distributed", "0-4,9-10,14", 4, "1-2,9-10"],
  ["merged", "distributed by core", "0,2-4,7-8,10-12,15", 6, "0,2-3,8,10-11"],
  ["merged", "caches", "0,2-3,5,7-8,10,12-13,15", 6, "0,2,7-8,10,15"],
]

for (const [machine, how, available, count, want] of facts) {
  test(`${count} of ${available}, ${how}, on ${machine}`, () => {
    assert.equal(take(machine, how, available, count), want)
  })
}

test("more than there are cannot be taken", () => {
  const message = "not enough cpus available to satisfy request: requested=3, available=2"
  assert.throws(() => take("large", "packed", "0-1", 3), { message })
})
