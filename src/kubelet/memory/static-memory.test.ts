import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import fc from "fast-check"
import type { NumaNode } from "../../platform/linux/machine-topology.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createCounters } from "../counters.ts"
import { containerOf, podOf } from "../testing/pods.ts"
import { anywhere } from "../topology/hint-provider.ts"
import { nodesOf } from "../topology/numa-mask.ts"
import { containerMemoryHints, podMemoryHints } from "./memory-hints.ts"
import { accountFor, emptyMemory, type MemoryState, sameMemory } from "./memory-state.ts"
import { readMemoryState, writeMemoryState } from "./memory-state-file.ts"
import { openPinnedMemory } from "./pinned-memory.ts"
import { reservedMemory } from "./reserved-memory.ts"
import { allocateMemory, releaseMemory } from "./static-memory.ts"

const { log } = createSimPlatform({ seed: 1 })
const gibi = 1024 ** 3
/** Two nodes of four gibibytes, of which one is in huge pages. */
const machine: readonly NumaNode[] = [0, 1].map((id) => ({
  id,
  memoryBytes: 4 * gibi,
  hugepages: new Map([[2 << 20, gibi]]),
  distances: undefined,
}))
const reserved = reservedMemory([{ node: 0, limits: { memory: "1Gi" } }], machine, gibi)
const empty = emptyMemory(machine, reserved)
const start: MemoryState = { nodes: empty, assigned: new Map() }

const asking = (name: string, memory: string, more: object = {}) => {
  const amounts = { cpu: "1", memory, ...more }
  return containerOf(name, { resources: { requests: amounts, limits: amounts } })
}
const podWith = (uid: string, containers: object[], initContainers: object[] = []) => {
  const pod = podOf({ containers, initContainers } as never)
  return { ...pod, metadata: { ...pod.metadata, uid } }
}
const free = ({ nodes }: MemoryState) =>
  [...nodes.values()].map(({ tables }) => (tables.get("memory")?.free ?? 0) / gibi).join(" ")
const allocateAll = (state: MemoryState, pod: ReturnType<typeof podWith>) =>
  [...(pod.spec.initContainers ?? []), ...pod.spec.containers].reduce(
    (after, container) => allocateMemory(after, pod, container, anywhere),
    state,
  )

test("nodes have what is neither reserved nor in huge pages", () => assert.equal(free(start), "2 3"))

test("hints name the nodes that have enough", () => {
  const hints = (memory: string, state = start) => {
    const pod = podWith("p", [asking("c", memory)])
    const list = containerMemoryHints(state, pod, asking("c", memory)).get("memory") ?? []
    return list.map(({ affinity = 0, preferred }) => `${nodesOf(affinity).join("+")}${preferred ? "*" : ""}`).join(" ")
  }
  assert.equal(hints("1Gi"), "0* 1* 0+1")
  assert.equal(hints("3Gi"), "1* 0+1")
  assert.equal(hints("4Gi"), "0+1*")
  assert.equal(hints("6Gi"), "")
  // A node that gives to one alone gives to no group, and the other way round.
  assert.equal(hints("1Gi", allocateAll(start, podWith("q", [asking("c", "1Gi")]))), "0* 1*")
  assert.equal(hints("1Gi", allocateAll(start, podWith("q", [asking("c", "4Gi")]))), "0+1")
})

test("huge pages come from the same nodes as memory", () => {
  const pod = podWith("p", [asking("c", "1Gi", { "hugepages-2Mi": "512Mi" })])
  const after = allocateAll(start, pod)
  assert.equal(free(after), "1 3")
  assert.equal(after.nodes.get(0)?.assignments, 2)
  assert.equal(after.nodes.get(0)?.tables.get("hugepages-2Mi")?.free, gibi / 2)
  assert.deepEqual(
    [...podMemoryHints(after, pod)].map(([name]) => name),
    ["memory", "hugepages-2Mi"],
  )
})

test("an amount that no node has alone comes from several, the first ones first", () => {
  assert.equal(free(allocateAll(start, podWith("p", [asking("c", "4Gi")]))), "0 1")
})

test("containers take over from init containers, and what is left is given back once they run", () => {
  const pod = podWith("p", [asking("c", "1Gi")], [asking("init", "2Gi")])
  const after = allocateAll(start, pod)
  assert.equal(free(after), "0 3")
  assert.equal(free(releaseMemory(after, "p", (name) => name === "init")), "1 3")
  assert.equal(free(releaseMemory(after, "p")), "2 3")
})

test("what cannot be had is refused", () => {
  const pod = podWith("p", [asking("c", "3Gi")])
  const [container = asking("", "0")] = pod.spec.containers
  const take =
    (affinity: number | undefined, state = start) =>
    () =>
      allocateMemory(state, pod, container, { affinity, preferred: true })
  assert.throws(take(undefined, allocateAll(start, podWith("q", [asking("c", "5Gi")]))), {
    message: "[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available",
  })
  assert.throws(take(0b01), { message: "[memorymanager] failed to find the extended preferred hint" })
  assert.throws(take(0b11, allocateAll(start, podWith("q", [asking("c", "1Gi")]))), {
    message: "[memorymanager] preferred hint violates NUMA node allocation",
  })
})

const reservations = [
  {
    given: [{ node: 2, limits: { memory: "1Gi" } }],
    message: "the reserved memory configuration references a NUMA node 2 that does not exist on this machine",
  },
  {
    given: [{ node: 0, limits: { memory: "1Gi" } }],
    kept: 2 * gibi,
    message:
      'the total amount "1Gi" of type "memory" is not equal to the value "2Gi" determined by Node Allocatable feature',
  },
  { given: [], kept: 0, message: "[memorymanager] you should specify the system reserved memory" },
]
for (const { given, kept = gibi, message } of reservations) {
  test(message, () => assert.throws(() => reservedMemory(given, machine, kept), { message }))
}

/** A folder for as long as `use` takes. */
function withFolder(use: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "memory-"))
  try {
    use(join(folder, "memory_manager_state"))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test("the state file is as Kubernetes writes it", () => {
  withFolder((path) => {
    writeMemoryState(path, "None", { nodes: new Map(), assigned: new Map() })
    assert.equal(readFileSync(path, "utf8"), '{"policyName":"None","machineState":{},"checksum":4236770233}')
    const nodes =
      '{"0":{"numberOfAssignments":2,"memoryMap":{"hugepages-2Mi":{"total":0,"systemReserved":0,"allocatable":0,"reserved":0,"free":0},"memory":{"total":100,"systemReserved":10,"allocatable":90,"reserved":5,"free":85}},"cells":[0,1]},"1":{"numberOfAssignments":0,"memoryMap":{"memory":{"total":100,"systemReserved":0,"allocatable":0,"reserved":0,"free":0}},"cells":[1]}}'
    const entries = '{"uid":{"b":null,"c":[{"numaAffinity":[0,1],"type":"memory","size":5}]}}'
    writeFileSync(path, `{"policyName":"Static","machineState":${nodes},"entries":${entries},"checksum":1542539493}`)
    const block = readMemoryState(path, "Static")?.assigned.get("uid")?.get("c")
    assert.deepEqual(block, [{ nodes: [0, 1], resource: "memory", bytes: 5 }])
    assert.throws(() => readMemoryState(path, "None"), {
      message: `could not restore state from checkpoint: [memorymanager] configured policy "None" differs from state checkpoint policy "Static", please drain this node and delete the memory manager checkpoint file "${path}" before restarting Kubelet`,
    })
  })
})

test("an agent that comes back knows what is whose, and notices another machine", () => {
  withFolder((path) => {
    const counters = createCounters()
    const open = (nodes = machine) => openPinnedMemory({ machine: nodes, reserved, path, counters, log })
    const pod = podWith("p", [asking("c", "1Gi")])
    const [container = asking("", "0")] = pod.spec.containers
    open().allocate(pod, container, { affinity: 0b10, preferred: true })
    assert.deepEqual(open().nodes("p", "c"), [1])
    assert.throws(() => open(machine.map((node) => ({ ...node, memoryBytes: 8 * gibi }))), {
      message: "[memorymanager] the expected machine state is different from the real one",
    })
    open().release("p")
    assert.deepEqual(open().pods(), [])
  })
})

test("memory that cannot be noted is not given, and is given back all the same", () => {
  withFolder((path) => {
    const memory = openPinnedMemory({ machine, reserved, path, counters: createCounters(), log })
    const container = asking("c", "1Gi")
    memory.allocate(podWith("p", [container]), container, anywhere)
    // Nothing can take the place of a folder.
    rmSync(path)
    mkdirSync(path)
    assert.throws(() => memory.allocate(podWith("q", [container]), container, anywhere), { code: "EISDIR" })
    assert.deepEqual(memory.pods(), ["p"])
    memory.release("p")
    assert.deepEqual(memory.pods(), [])
  })
})

test("no memory is ever handed out twice, or lost", () => {
  const step = fc.record({ pod: fc.integer({ min: 0, max: 4 }), quarters: fc.integer({ min: 0, max: 14 }) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let state = start
      for (const { pod, quarters } of steps) {
        const uid = `pod-${pod}`
        if (quarters === 0 || state.assigned.has(uid)) state = releaseMemory(state, uid)
        else state = attempt(state, podWith(uid, [asking("c", `${quarters * 256}Mi`)]))
        for (const { tables } of state.nodes.values()) {
          for (const { allocatable, free: left, reserved: taken } of tables.values()) {
            assert.ok(left >= 0 && taken >= 0 && left + taken === allocatable)
          }
        }
        assert.ok(sameMemory(state.nodes, accountFor(empty, state.assigned)))
      }
      for (const uid of state.assigned.keys()) state = releaseMemory(state, uid)
      assert.ok(sameMemory(state.nodes, empty))
    }),
  )
})

function attempt(state: MemoryState, pod: ReturnType<typeof podWith>): MemoryState {
  try {
    return allocateAll(state, pod)
  } catch {
    return state
  }
}
