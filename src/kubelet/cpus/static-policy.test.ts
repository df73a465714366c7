import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import fc from "fast-check"
import type { MachineTopology } from "../../platform/linux/machine-topology.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createCounters } from "../counters.ts"
import { defaultGates } from "../settings/feature-gates.ts"
import { containerOf, podOf } from "../testing/pods.ts"
import { anywhere } from "../topology/hint-provider.ts"
import { containerCpuHints, podCpuHints } from "./cpu-hints.ts"
import { formatCpus, parseCpus } from "./cpu-set.ts"
import { assign, type CpuState, cpusOfContainer, exclusive, releasePod, startingState } from "./cpu-state.ts"
import { readCpuState, writeCpuState } from "./cpu-state-file.ts"
import { cpuTopology } from "./cpu-topology.ts"
import { openExclusiveCpus } from "./exclusive-cpus.ts"
import { checkCpuOptions, noCpuOptions, parseCpuOptions, type StaticCpuOptions } from "./policy-options.ts"
import { exclusiveCpus, exclusivePodCount, reusableCpus, staticCpuPolicy } from "./static-policy.ts"
import { caches, large, merged, small } from "./testing/machines.ts"

const policyFor = (machine: MachineTopology, options: Partial<StaticCpuOptions> = {}, reserved = "0") =>
  staticCpuPolicy(cpuTopology(machine), { ...noCpuOptions, ...options }, 1000, new Set(parseCpus(reserved)))

const whole = (name: string, cpu: string, restartPolicy?: "Always") => ({
  ...containerOf(name, { resources: { requests: { cpu, memory: "1Mi" }, limits: { cpu, memory: "1Mi" } } }),
  ...(restartPolicy && { restartPolicy }),
})
const guaranteed = (containers: object[], initContainers: object[] = []) =>
  podOf({ containers, initContainers } as never)

test("what is reserved is taken from the first cores", () => {
  const { reserved } = staticCpuPolicy(cpuTopology(large), noCpuOptions, 1500, undefined)
  assert.equal(formatCpus(reserved), "0,16")
  assert.throws(() => staticCpuPolicy(cpuTopology(small), noCpuOptions, 0, undefined), {
    message: "[cpumanager] the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero",
  })
})

const allocations = [
  { name: "where the least is left", machine: large, options: {}, count: 2, affinity: undefined, want: "1,17" },
  { name: "near a node", machine: large, options: {}, count: 2, affinity: 0b100, want: "8,24" },
  {
    name: "near a node, and what it lacks elsewhere",
    machine: large,
    options: {},
    count: 9,
    affinity: 0b100,
    want: "8-12,24-27",
  },
  {
    name: "near a socket",
    machine: large,
    options: { bySocket: true },
    count: 10,
    affinity: 0b100,
    want: "8-12,24-28",
  },
  { name: "whole cores", machine: caches, options: { fullCores: true }, count: 2, affinity: undefined, want: "1,9" },
  {
    name: "the last thread of the reserved core",
    machine: caches,
    options: {},
    count: 1,
    affinity: undefined,
    want: "8",
  },
]
for (const { affinity, count, machine, name, options, want } of allocations) {
  test(`takes ${name}`, () => {
    const policy = policyFor(machine, options)
    const state = startingState(policy, undefined)
    assert.equal(formatCpus(exclusiveCpus(policy, state, count, { affinity, reusable: new Set() })), want)
  })
}

test("whole cores are refused to those that ask for parts, or for more than are free", () => {
  const policy = policyFor(caches, { fullCores: true })
  const state = startingState(policy, undefined)
  const take = (count: number) => exclusiveCpus(policy, state, count, { affinity: undefined, reusable: new Set() })
  assert.throws(() => take(3), {
    reason: "SMTAlignmentError",
    message: "SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2",
  })
  assert.throws(() => take(16), {
    reason: "SMTAlignmentError",
    message:
      "SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 14, requested CPUs = 16, CPUs per core = 2",
  })
})

test("containers take over from init containers that end before them", () => {
  const init = [whole("first", "4"), whole("sidecar", "2", "Always"), whole("second", "3")]
  const pod = guaranteed([whole("a", "2"), whole("b", "1")], init)
  assert.equal(exclusivePodCount(pod), 5)
  const policy = policyFor(large)
  let state = startingState(policy, undefined)
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const { affinity, reusable } = { affinity: undefined, reusable: reusableCpus(state, pod, container) }
    const count = Number(container.resources?.requests?.["cpu"])
    state = assign(state, pod.metadata.uid, container.name, exclusiveCpus(policy, state, count, { affinity, reusable }))
  }
  const shown = [...(state.assigned.get(pod.metadata.uid) ?? [])].map(([name, cpus]) => `${name} ${formatCpus(cpus)}`)
  assert.deepEqual(shown, ["first 1-2,17-18", "sidecar 1,17", "second 2,16,18", "a 2,18", "b 16"])
  assert.equal(formatCpus(releasePod(state, pod.metadata.uid).shared), "0-31")
})

test("hints name every set of nodes that has enough, and prefer the smallest", () => {
  const policy = policyFor(large)
  const state = startingState(policy, undefined)
  const shown = (count: string) =>
    [...(containerCpuHints(policy, state, guaranteed([whole("c", count)]), whole("c", count)).get("cpu") ?? [])].map(
      ({ affinity = 0, preferred }) => `${affinity.toString(2)}${preferred ? "*" : ""}`,
    )
  assert.deepEqual(shown("24"), ["1110*", "1111"])
  assert.deepEqual(shown("31"), ["1111*"])
  assert.deepEqual(shown("1500m"), [])
  assert.equal(
    shown("8")
      .filter((hint) => hint.endsWith("*"))
      .join(" "),
    "10* 100* 1000*",
  )
})

test("who has CPUs already gets a hint of just those", () => {
  const policy = policyFor(large)
  const pod = guaranteed([whole("c", "2")])
  const state = assign(startingState(policy, undefined), pod.metadata.uid, "c", new Set([8, 24]))
  const [first] = containerCpuHints(policy, state, pod, whole("c", "2")).get("cpu") ?? []
  assert.deepEqual(first, { affinity: 0b100, preferred: true })
  assert.deepEqual(podCpuHints(policy, state, pod).get("cpu")?.[0], first)
  assert.deepEqual(containerCpuHints(policy, state, pod, whole("c", "3")).get("cpu"), [])
})

const damaged: readonly {
  readonly state: CpuState
  readonly options?: Partial<StaticCpuOptions>
  readonly why: RegExp
}[] = [
  { state: noted("", { p: "1" }), why: /^default cpuset cannot be empty$/ },
  { state: noted("1", { p: "0" }), why: /^not all reserved cpus: "0" are present in defaultCpuSet: "1"$/ },
  { state: noted("0-1", { p: "1" }), why: /^pod: p, container: c cpuset: "1" overlaps with default cpuset "0-1"$/ },
  { state: noted("0", {}), why: /^current set of available CPUs "0-1" doesn't match with CPUs in state "0"$/ },
  {
    state: noted("0-1", {}),
    options: { strictReservation: true },
    why: /^some of strictly reserved cpus: "0" are present in defaultCpuSet: "0-1"$/,
  },
]
for (const { options = {}, state, why } of damaged) {
  test(`refuses a state by which ${why.source}`, () => {
    assert.throws(() => startingState(policyFor(small, options), state), { message: why })
  })
}

function noted(shared: string, pods: Readonly<Record<string, string>>): CpuState {
  const assigned = Object.entries(pods).map(([uid, cpus]) => [uid, new Map([["c", new Set(parseCpus(cpus))]])] as const)
  return { shared: new Set(parseCpus(shared)), assigned: new Map(assigned) }
}

test("the state file is as Kubernetes writes it", () => {
  const folder = mkdtempSync(join(tmpdir(), "cpus-"))
  try {
    const path = join(folder, "cpu_manager_state")
    assert.equal(readCpuState(path, "none"), undefined)
    writeCpuState(path, "none", { shared: new Set(), assigned: new Map() })
    assert.equal(readFileSync(path, "utf8"), '{"policyName":"none","defaultCpuSet":"","checksum":1353318690}')
    const advice = `please drain this node and delete the CPU manager checkpoint file "${path}" before restarting Kubelet`
    const differs = 'configured policy "static" differs from state checkpoint policy "none"'
    assert.throws(() => readCpuState(path, "static"), {
      message: `could not restore state from checkpoint: ${differs}, ${advice}`,
    })
    const text =
      '{"policyName":"static","defaultCpuSet":"0,3-4","entries":{"uid1":{"c":"5-6"},"uid2":{"b":"2","z":"1"}},"checksum":281796377}'
    writeFileSync(path, text)
    const state = readCpuState(path, "static")
    assert.equal(formatCpus((state && cpusOfContainer(state, "uid1", "c")) ?? []), "5-6")
    writeCpuState(path, "static", state ?? noted("", {}))
    assert.equal(readFileSync(path, "utf8"), text)
    writeFileSync(path, text.replace("5-6", "5-7"))
    assert.throws(() => readCpuState(path, "static"), {
      message: `could not restore state from checkpoint: checkpoint is corrupted, ${advice}`,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test("CPUs that cannot be noted are not given, and are given back all the same", () => {
  const folder = mkdtempSync(join(tmpdir(), "cpus-"))
  try {
    const path = join(folder, "cpu_manager_state")
    const { log } = createSimPlatform({ seed: 1 })
    let changes = 0
    const parts = { path, counters: createCounters(), log, onChange: () => changes++ }
    const cpus = openExclusiveCpus({ ...parts, policy: policyFor(large) })
    const pod = guaranteed([whole("a", "1"), whole("b", "1")])
    cpus.allocate(pod, whole("a", "1"), anywhere)
    // Nothing can take the place of a folder.
    rmSync(path)
    mkdirSync(path)
    assert.throws(() => cpus.allocate(pod, whole("b", "1"), anywhere), { code: "EISDIR" })
    assert.deepEqual([cpus.pods(), changes], [[pod.metadata.uid], 1])
    cpus.release(pod.metadata.uid)
    assert.deepEqual([cpus.pods(), changes], [[], 2])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const wrongOptions: readonly (readonly [options: Readonly<Record<string, string>>, why: string])[] = [
  [{ fast: "true" }, 'unknown CPU Manager Policy option: "fast"'],
  [
    { "align-by-socket": "true" },
    'CPU Manager Policy Alpha-level Options not enabled, but option "align-by-socket" provided',
  ],
  [
    { "full-pcpus-only": "yes" },
    'bad value for option "full-pcpus-only": strconv.ParseBool: parsing "yes": invalid syntax',
  ],
  [
    { "prefer-align-cpus-by-uncorecache": "true", "distribute-cpus-across-numa": "true" },
    "static policy options prefer-align-cpus-by-uncorecache and distribute-cpus-across-numa can not be used at the same time",
  ],
]
for (const [options, message] of wrongOptions) {
  test(`refuses options: ${message}`, () => assert.throws(() => parseCpuOptions(options, defaultGates), { message }))
}

test("aligning by socket needs a machine and a topology policy that allow it", () => {
  const options = parseCpuOptions({ "align-by-socket": "1" }, { ...defaultGates, CPUManagerPolicyAlphaOptions: true })
  assert.throws(
    () => checkCpuOptions(options, cpuTopology(large), "single-numa-node"),
    /is incompatible with CPUManager/,
  )
  assert.throws(() => checkCpuOptions(options, cpuTopology(merged), "none"), /number of sockets are more than number/)
  checkCpuOptions(options, cpuTopology(large), "restricted")
})

test("no CPU is ever two containers', or lost", () => {
  const step = fc.record({ pod: fc.integer({ min: 0, max: 5 }), count: fc.integer({ min: 0, max: 12 }) })
  const options = fc.record({ fullCores: fc.boolean(), acrossNodes: fc.boolean(), strictReservation: fc.boolean() })
  fc.assert(
    fc.property(fc.constantFrom(large, small, caches, merged), options, fc.array(step), (machine, chosen, steps) => {
      const policy = policyFor(machine, chosen)
      const start = startingState(policy, undefined)
      let state = start
      for (const { count, pod } of steps) {
        const uid = `pod-${pod}`
        if (count === 0 || state.assigned.has(uid)) {
          state = releasePod(state, uid)
          continue
        }
        const taken = attempt(() => exclusiveCpus(policy, state, count, { affinity: 1, reusable: new Set() }))
        if (taken !== undefined) state = assign(state, uid, "c", taken)
        const sizes = [...state.assigned.values()].map((containers) => containers.get("c")?.size ?? 0)
        assert.equal(
          exclusive(state).size,
          sizes.reduce((sum, size) => sum + size, 0),
        )
        assert.ok(exclusive(state).isDisjointFrom(policy.reserved))
        assert.deepEqual(startingState(policy, state), state)
      }
      for (const uid of state.assigned.keys()) state = releasePod(state, uid)
      assert.equal(formatCpus(state.shared), formatCpus(start.shared))
    }),
  )
})

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
