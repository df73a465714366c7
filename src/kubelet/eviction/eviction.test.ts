import assert from "node:assert/strict"
import { test } from "node:test"
import { refusedUnderPressure } from "../admission/pressure.ts"
import { defaultSettings } from "../settings/settings.ts"
import { containerOf, podOf } from "../testing/pods.ts"
import { exceededLimit, hasLocalLimits } from "./local-limits.ts"
import { evictionMessage } from "./message.ts"
import type { PodUsage } from "./pod-usage.ts"
import { noPressure, type Pressure, pressureAfter, thresholdsOf } from "./pressure.ts"
import { rank } from "./rank.ts"
import { type Observation, type PressureCondition, type Signal } from "./thresholds.ts"

const mi = 1024 * 1024

interface Use {
  readonly memory?: number
  readonly written?: number
  readonly logs?: number
  readonly volume?: number
  readonly pids?: number
}

/** In Mi. */
function use({ logs = 0, memory = 0, pids = 0, volume = 0, written = 0 }: Use, name = "a"): PodUsage {
  const disk = (bytes: number) => ({ bytes: bytes * mi, inodes: bytes })
  return {
    containers: [{ name, memoryBytes: memory * mi, written: disk(written), logs: disk(logs) }],
    volumes: [{ name: "data", inMemory: false, ...disk(volume) }],
    memoryBytes: memory * mi,
    pids,
  }
}

const limited = (limit: string) => containerOf("a", { resources: { limits: { "ephemeral-storage": limit } } })
const sized = (sizeLimit: string) => ({ volumes: [{ name: "data", emptyDir: { sizeLimit } }] })
const pairs = [{ ...limited("10Mi") }, { ...limited("10Mi"), name: "b" }]

for (const { name, spec, usage, message } of [
  { name: "a volume at its limit", spec: { containers: [], ...sized("10Mi") }, usage: use({ volume: 10 }) },
  {
    name: "a volume above it",
    spec: { containers: [], ...sized("10Mi") },
    usage: use({ volume: 11 }),
    message: 'Usage of EmptyDir volume "data" exceeds the limit "10Mi". ',
  },
  { name: "a volume without a limit", spec: { containers: [], ...sized("0") }, usage: use({ volume: 11 }) },
  {
    name: "a container with its log",
    spec: { containers: pairs },
    usage: use({ written: 6, logs: 5 }),
    message: 'Container a exceeded its local ephemeral storage limit "10Mi". ',
  },
  {
    name: "all together",
    spec: { containers: pairs },
    usage: use({ written: 9, volume: 12 }),
    message: "Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. ",
  },
  { name: "a container without a limit", spec: { containers: [containerOf("a")] }, usage: use({ written: 100 }) },
] satisfies { name: string; spec: object; usage: PodUsage; message?: string }[]) {
  test(`local limits: ${name}`, () => {
    assert.equal(exceededLimit(podOf(spec), usage)?.message, message)
  })
}

test("memory volumes do not count as disk", () => {
  const usage = { ...use({}), volumes: [{ name: "data", inMemory: true, bytes: 99 * mi, inodes: 1 }] }
  assert.equal(exceededLimit(podOf({ containers: [limited("10Mi")] }), usage), undefined)
})

test("only pods with limits are measured", () => {
  assert.equal(hasLocalLimits(podOf({ containers: [containerOf("a")], volumes: [{ name: "d", emptyDir: {} }] })), false)
  assert.equal(hasLocalLimits(podOf({ containers: [], ...sized("1Mi") })), true)
  assert.equal(hasLocalLimits(podOf({ containers: [limited("1Mi")] })), true)
})

const observed = (...entries: [Signal, number, number][]): Map<Signal, Observation> =>
  new Map(entries.map(([signal, available, capacity]) => [signal, { available, capacity }]))

for (const { name, observations, met } of [
  { name: "plenty", observations: observed(["memory.available", 200 * mi, 1000 * mi]), met: [] },
  {
    name: "memory comes first",
    observations: observed(["nodefs.available", 9, 100], ["memory.available", 99 * mi, 1000 * mi]),
    met: ["memory.available", "nodefs.available"],
  },
  {
    name: "images may fill less",
    observations: observed(["nodefs.available", 14, 100], ["imagefs.available", 14, 100]),
    met: ["imagefs.available"],
  },
  { name: "no inodes to count", observations: observed(["nodefs.inodesFree", 0, 0]), met: [] },
  { name: "few inodes", observations: observed(["nodefs.inodesFree", 4, 100]), met: ["nodefs.inodesFree"] },
  { name: "process ids are not watched by default", observations: observed(["pid.available", 0, 100]), met: [] },
]) {
  test(`thresholds: ${name}`, () => {
    const now = { observations, nowMs: 0, transitionMs: 0 }
    const after = pressureAfter(noPressure, thresholdsOf(defaultSettings.eviction), now)
    assert.deepEqual(
      after.met.map(({ signal }) => signal),
      met,
    )
  })
}

test("a condition goes on for a while", () => {
  const thresholds = thresholdsOf(defaultSettings.eviction)
  const look = (before: Pressure, observations: Map<Signal, Observation>, nowMs: number) =>
    pressureAfter(before, thresholds, { observations, nowMs, transitionMs: 300_000 })
  const conditions = (pressure: Pressure) => [...pressure.seen.keys()]
  let pressure = look(noPressure, observed(["memory.available", 0, mi], ["nodefs.inodesFree", 0, 100]), 0)
  assert.deepEqual(conditions(pressure), ["MemoryPressure", "DiskPressure"])
  pressure = look(pressure, observed(["nodefs.available", 0, 100]), 1000)
  pressure = look(pressure, observed(), 299_999)
  assert.deepEqual(conditions(pressure), ["MemoryPressure", "DiskPressure"])
  pressure = look(pressure, observed(), 300_000)
  assert.deepEqual(conditions(pressure), ["DiskPressure"])
})

test("soft thresholds wait for their grace period, and what was met goes on until enough is free", () => {
  const thresholds = thresholdsOf({
    ...defaultSettings.eviction,
    hard: { "memory.available": "100Mi" },
    soft: { "memory.available": "20%" },
    softGraceMs: { "memory.available": 60_000 },
    minimumReclaim: { "memory.available": "50Mi" },
  })
  const met: string[] = []
  let pressure = noPressure
  for (const [seconds, freeMi] of [
    [0, 150],
    [30, 300],
    [40, 150],
    [99, 150],
    [100, 99],
    [110, 149],
    [120, 151],
    [170, 249],
    [180, 251],
  ] as const) {
    const observations = observed(["memory.available", freeMi * mi, 1000 * mi])
    pressure = pressureAfter(pressure, thresholds, { observations, nowMs: seconds * 1000, transitionMs: 0 })
    met.push(`${seconds}s: ${pressure.met.map(({ isSoft }) => (isSoft ? "soft" : "hard")).join(" ")}`)
  }
  assert.deepEqual(met, [
    "0s: ",
    "30s: ",
    "40s: ",
    "99s: ",
    "100s: hard soft",
    "110s: hard soft",
    "120s: soft",
    "170s: soft",
    "180s: ",
  ])
})

function candidate(name: string, spec: { request?: string; disk?: string; priority?: number }, usage?: PodUsage) {
  const requests = {
    ...(spec.request !== undefined && { memory: spec.request }),
    ...(spec.disk !== undefined && { "ephemeral-storage": spec.disk }),
  }
  const container = containerOf("a", { resources: { requests } })
  return { pod: podOf({ containers: [container], priority: spec.priority ?? 0 }, { name }), usage }
}

const rankings: { name: string; signal: Signal; candidates: ReturnType<typeof candidate>[]; order: string }[] = [
  {
    name: "those above their request first, then lower priority, then the most above",
    signal: "memory.available",
    candidates: [
      candidate("within", { request: "500Mi" }, use({ memory: 400 })),
      candidate("important", { request: "10Mi", priority: 9 }, use({ memory: 900 })),
      candidate("little", {}, use({ memory: 10 })),
      candidate("much", { request: "100Mi" }, use({ memory: 300 })),
      candidate("unknown", { priority: 5 }),
    ],
    order: "unknown much little important within",
  },
  {
    name: "disk counts volumes, logs and what containers write",
    signal: "nodefs.available",
    candidates: [
      candidate("log", {}, use({ logs: 30 })),
      candidate("volume", {}, use({ volume: 40 })),
      candidate("requested", { disk: "100Mi" }, use({ written: 90 })),
    ],
    order: "volume log requested",
  },
  {
    name: "process ids: priority, then use",
    signal: "pid.available",
    candidates: [
      candidate("few", {}, use({ pids: 1 })),
      candidate("many", {}, use({ pids: 50 })),
      candidate("important", { priority: 1 }, use({ pids: 500 })),
    ],
    order: "many few important",
  },
]
for (const { candidates, name, order, signal } of rankings) {
  test(`ranking: ${name}`, () => {
    assert.equal(
      rank(candidates, signal)
        .map(({ pod }) => pod.metadata.name)
        .join(" "),
      order,
    )
  })
}

test("the message names the threshold and the containers above their request", () => {
  const { pod, usage } = candidate("web", { request: "100Mi" }, use({ memory: 300 }))
  const threshold = (signal: Signal, amount: string) => {
    return { signal, amount, isSoft: false, graceMs: 0, reclaim: undefined }
  }
  const facts = {
    first: threshold("memory.available", "100Mi"),
    observations: observed(["memory.available", 50 * mi, 1000 * mi]),
  }
  assert.deepEqual(evictionMessage(pod, usage, facts), {
    message:
      "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container a was using 300Mi, request is 100Mi, has larger consumption of memory. ",
    annotations: { offending_containers: "a", offending_containers_usage: "300Mi", starved_resource: "memory" },
  })
  const disk = {
    first: threshold("nodefs.inodesFree", "5%"),
    observations: observed(["nodefs.inodesFree", 40, 1000]),
  }
  assert.equal(
    evictionMessage(pod, usage, disk).message,
    "The node was low on resource: inodes. Threshold quantity: 50, available: 40. ",
  )
})

const underPressure: { name: string; spec: object; pressure: PressureCondition[]; message?: string }[] = [
  { name: "nothing lacks", spec: {}, pressure: [] },
  {
    name: "memory, and the pod asks for none",
    spec: {},
    pressure: ["MemoryPressure"],
    message: "The node had condition: [MemoryPressure]. ",
  },
  {
    name: "memory, and the pod asks for some",
    spec: { containers: [containerOf("a", { resources: { requests: { memory: "1Mi" } } })] },
    pressure: ["MemoryPressure"],
  },
  {
    name: "memory, and the pod bears it",
    spec: { tolerations: [{ key: "node.kubernetes.io/memory-pressure", operator: "Exists" }] },
    pressure: ["MemoryPressure"],
  },
  {
    name: "disk too",
    spec: { tolerations: [{ operator: "Exists" }] },
    pressure: ["MemoryPressure", "DiskPressure"],
    message: "The node had condition: [MemoryPressure DiskPressure]. ",
  },
  { name: "a critical pod", spec: { priority: 2_000_000_000 }, pressure: ["DiskPressure"] },
]
for (const { message, name, pressure, spec } of underPressure) {
  test(`admission under pressure: ${name}`, () => {
    assert.equal(refusedUnderPressure(podOf(spec), new Set(pressure))?.message, message)
  })
}
