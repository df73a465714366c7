import assert from "node:assert/strict"
import { test } from "node:test"
import { type CheckpointData, checksum } from "./checkpoint.ts"
import { chooseDevices, type Wanted } from "./choose-devices.ts"
import { grantsOf } from "./container-grants.ts"
import { deviceHints } from "./device-hints.ts"

const healthy = (...nodes: number[]) => ({ isHealthy: true, nodes })
const devices = new Map([
  ["a0", healthy(0)],
  ["b0", healthy(0)],
  ["c1", healthy(1)],
  ["d1", healthy(1)],
  ["e", healthy()],
])
const all = new Set(devices.keys())

interface ChoiceCase extends Partial<Wanted> {
  readonly name: string
  readonly preferred?: readonly string[]
  readonly gets: string
  readonly asks?: string
}
const choices: ChoiceCase[] = [
  { name: "any", amount: 2, gets: "a0,b0", asks: "a0,b0,c1,d1,e with " },
  { name: "what init containers left", amount: 1, reusable: new Set(["d1"]), gets: "d1" },
  {
    name: "that and more",
    amount: 2,
    reusable: new Set(["d1"]),
    available: new Set(["b0", "e"]),
    gets: "d1,b0",
    asks: "b0,e,d1 with d1",
  },
  { name: "what is preferred", amount: 2, preferred: ["e", "c1"], gets: "e,c1", asks: "a0,b0,c1,d1,e with " },
  { name: "some preferred", amount: 2, preferred: ["gone", "e"], gets: "e,a0", asks: "a0,b0,c1,d1,e with " },
  { name: "near a node", amount: 1, affinity: 0b10, gets: "c1", asks: "c1,d1 with " },
  {
    name: "preferred near a node",
    amount: 1,
    affinity: 0b10,
    preferred: ["a0", "d1"],
    gets: "d1",
    asks: "c1,d1 with ",
  },
  { name: "all that is near", amount: 2, affinity: 0b10, gets: "c1,d1" },
  {
    name: "all that is near, and others",
    amount: 4,
    affinity: 0b10,
    preferred: ["e"],
    gets: "c1,d1,e,a0",
    asks: "a0,b0,c1,d1,e with c1,d1",
  },
  {
    name: "others before those that are near none",
    amount: 5,
    affinity: 0b10,
    gets: "c1,d1,a0,b0,e",
    asks: "a0,b0,c1,d1,e with c1,d1",
  },
]

for (const { asks, gets, name, preferred, ...rest } of choices) {
  test(`devices are chosen: ${name}`, () => {
    const wanted = {
      resource: "x.io/d",
      amount: 1,
      reusable: new Set<string>(),
      available: all,
      devices,
      affinity: undefined,
      ...rest,
    }
    const { ids, question } = chooseDevices(wanted, preferred)
    assert.equal([...ids].join(), gets)
    assert.equal(question && `${question.available.join()} with ${question.mustInclude.join()}`, asks)
  })
}

test("there may be too few devices", () => {
  const wanted = {
    resource: "x.io/d",
    amount: 6,
    reusable: new Set<string>(),
    available: all,
    devices,
    affinity: undefined,
  }
  assert.throws(() => chooseDevices(wanted), {
    message: "requested number of devices unavailable for x.io/d. Requested: 6, Available: 5",
  })
})

const hintCases = [
  { name: "one", amount: 1, available: all, hints: "01! 10! 11" },
  { name: "as many as a node has", amount: 2, available: all, hints: "01! 10! 11" },
  { name: "more", amount: 3, available: all, hints: "11!" },
  { name: "where some are in use", amount: 2, available: new Set(["a0", "c1", "d1"]), hints: "10! 11" },
  { name: "where a node alone would do but is in use", amount: 2, available: new Set(["a0", "c1"]), hints: "11" },
  { name: "with one to reuse", amount: 1, available: all, reusable: new Set(["c1"]), hints: "10! 11" },
]
for (const { amount, available, hints, name, reusable = new Set<string>() } of hintCases) {
  test(`hints of NUMA nodes: ${name}`, () => {
    const found = deviceHints({ amount, available, reusable, devices, numaNodes: [0, 1, 2, 3] })
    const shown = found.map(
      ({ affinity = 0, preferred }) => `${affinity.toString(2).padStart(2, "0")}${preferred ? "!" : ""}`,
    )
    assert.equal(shown.join(" "), hints)
  })
}

test("a stock kubelet takes the checkpoint for its own", () => {
  const data: CheckpointData = {
    PodDeviceEntries: [
      {
        PodUID: "u1",
        ContainerName: "c",
        ResourceName: "example.com/r",
        DeviceIDs: { "-1": ["Dev-1", 'De"vé-2'], "0": ["b"], "1": ["a"] },
        AllocResp: "aGVsbG8A",
      },
      { PodUID: "u2", ContainerName: "c", ResourceName: "example.com/r", DeviceIDs: {}, AllocResp: "" },
    ],
    RegisteredDevices: { "z/y": ["b", "a"], "example.com/r": [] },
  }
  // Computed by Kubernetes' own code.
  assert.equal(checksum(data), 4272417589)
  assert.equal(checksum({ PodDeviceEntries: null, RegisteredDevices: {} }), 3467439661)
})

test("of two plugins that want the same place the first has it", () => {
  const allocation = (response: object) => ({ ids: new Set<string>(), byNode: {}, response })
  const mount = (hostPath: string) => ({ containerPath: "/lib/gpu", hostPath, readOnly: true })
  const grants = grantsOf([
    allocation({ envs: { A: "1" }, mounts: [mount("/one")], cdiDevices: [{ name: "x.io/d=1" }] }),
    allocation({
      envs: { A: "2", B: "2" },
      mounts: [mount("/two")],
      devices: [{ containerPath: "/dev/x", hostPath: "/dev/x0", permissions: "rw" }],
      annotations: { note: "n" },
      cdiDevices: [{ name: "x.io/d=1" }],
    }),
  ])
  assert.deepEqual(grants, {
    envs: [
      { name: "A", value: "1" },
      { name: "B", value: "2" },
    ],
    mounts: [{ containerPath: "/lib/gpu", hostPath: "/one", readonly: true, propagation: "PRIVATE" }],
    devices: [{ containerPath: "/dev/x", hostPath: "/dev/x0", permissions: "rw" }],
    annotations: { note: "n" },
    cdiDevices: ["x.io/d=1"],
  })
})
