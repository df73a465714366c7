import assert from "node:assert/strict"
import { test } from "node:test"
import type { ResourceClaim } from "../../../../api/resource/v1/resource-claim.ts"
import type { ResourceSlice } from "../../../../api/resource/v1/resource-slice.ts"
import { allocated, cel, claim, DRIVER, deviceClass, devices, firstOf, request, slice } from "../testing.ts"
import { allocateDevices } from "./allocate.ts"
import { AllocatedDevices } from "./allocated-devices.ts"
import { AllocationError } from "./allocation-error.ts"
import { SliceIndex } from "./pools.ts"

interface Case {
  readonly name: string
  readonly slices: readonly ResourceSlice[]
  readonly claims: readonly ResourceClaim[]
  /** Claims that have devices already. */
  readonly others?: readonly ResourceClaim[]
  readonly nodeLabels?: Record<string, string>
  /** `request=device` for each device, claims separated by `|`; "none"; or the error. */
  readonly want: string
}

const classes = new Map(
  [
    deviceClass("gpu"),
    deviceClass("big", { selectors: [cel(`device.capacity["${DRIVER}"].memory.compareTo(quantity("10Gi")) >= 0`)] }),
    deviceClass("broken", { selectors: [cel("device.attributes['x'].missing")] }),
  ].map((one) => [one.metadata.name, one]),
)

function allocate({ slices, claims, others = [], nodeLabels = {} }: Omit<Case, "name" | "want">) {
  const inUse = new AllocatedDevices()
  for (const other of others) inUse.add(other)
  let uses = 0
  return allocateDevices(
    claims,
    { name: "n1", labels: nodeLabels },
    {
      slices: new SliceIndex(slices),
      inUse,
      classes: (name) => classes.get(name),
      newShareId: () => `share-${++uses}`,
    },
  )
}

function outcome(one: Case): string {
  try {
    const results = allocate(one)
    if (results === undefined) return "none"
    return results
      .map(({ devices: { results: given } }) => given?.map(({ request: r, device }) => `${r}=${device}`).join(" "))
      .join(" | ")
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error
    return error.message
  }
}

const gpu = (name: string, more: object = {}) => ({ name, ...more })
const onNuma = (name: string, node: number) => gpu(name, { attributes: { numa: { int: node } } })
const withMemory = (name: string, value: string) => gpu(name, { capacity: { memory: { value } } })
const tainted = (name: string, effect = "NoSchedule") => gpu(name, { taints: [{ key: "sick", value: "yes", effect }] })
const sharable = (name: string, memory: object) =>
  gpu(name, { allowMultipleAllocations: true, capacity: { memory: { value: "40Gi", ...memory } } })
const needs = (memory: string) => ({ capacity: { requests: { memory } } })
const part = (name: string, slots: string) =>
  gpu(name, { consumesCounters: [{ counterSet: "card", counters: { slots: { value: slots } } }] })
const card = slice("counters", {
  nodeName: "n1",
  pool: { name: "pool", generation: 1, resourceSliceCount: 2 },
  sharedCounters: [{ name: "card", counters: { slots: { value: "4" } } }],
})
const parts = (...all: readonly object[]) =>
  slice("parts", {
    nodeName: "n1",
    pool: { name: "pool", generation: 1, resourceSliceCount: 2 },
    devices: all as never,
  })
const many = (count: number) => devices(...Array.from({ length: count }, (_, i) => `d${String(i).padStart(2, "0")}`))

const cases: readonly Case[] = [
  { name: "the first device", slices: [devices("a", "b")], claims: [claim("c", [request("r")])], want: "r=a" },
  {
    name: "several requests, several devices",
    slices: [devices("a", "b", "c")],
    claims: [claim("c", [request("r", { count: 2 }), request("s")])],
    want: "r=a r=b s=c",
  },
  {
    name: "several claims of one pod",
    slices: [devices("a", "b")],
    claims: [claim("c", [request("r")]), claim("d", [request("r")])],
    want: "r=a | r=b",
  },
  { name: "too few", slices: [devices("a")], claims: [claim("c", [request("r", { count: 2 })])], want: "none" },
  {
    name: "nothing that others have",
    slices: [devices("a", "b")],
    claims: [claim("c", [request("r")])],
    others: [allocated("o", { device: "a" })],
    want: "r=b",
  },
  {
    name: "beside administrators",
    slices: [devices("a")],
    claims: [claim("c", [request("r")])],
    others: [allocated("o", { device: "a", adminAccess: true })],
    want: "r=a",
  },
  {
    name: "administration beside users, each device once",
    slices: [devices("a", "b")],
    claims: [claim("c", [request("r", { adminAccess: true }), request("s", { adminAccess: true })])],
    others: [allocated("o", { device: "a" })],
    want: "r=a s=b",
  },
  {
    name: "by class and selectors",
    slices: [devices(withMemory("small", "4Gi"), withMemory("large", "16Gi"), withMemory("huge", "80Gi"))],
    claims: [
      claim("c", [
        request("r", {
          deviceClassName: "big",
          selectors: [cel(`device.capacity["${DRIVER}"].memory.isLessThan(quantity("32Gi"))`)],
        }),
      ]),
    ],
    want: "r=large",
  },
  {
    name: "an earlier choice is taken back when a later request needs the device",
    slices: [devices(withMemory("large", "16Gi"), withMemory("small", "4Gi"))],
    claims: [claim("c", [request("any"), request("big", { deviceClassName: "big" })])],
    want: "any=small big=large",
  },
  {
    name: "a class that is not there",
    slices: [devices("a")],
    claims: [claim("c", [request("r", { deviceClassName: "none" })])],
    want: 'claim default/c, request r: could not retrieve device class none: deviceclass.resource.k8s.io "none" not found',
  },
  {
    name: "a selector without answer",
    slices: [devices("a")],
    claims: [claim("c", [request("r", { deviceClassName: "broken" })])],
    want: "class broken: selector #0: CEL runtime error: no such key: missing",
  },
  {
    name: "all devices of a kind",
    slices: [devices(withMemory("a", "4Gi"), withMemory("b", "16Gi"), withMemory("c", "16Gi"))],
    claims: [claim("c", [request("r", { deviceClassName: "big", allocationMode: "All" })])],
    want: "r=b r=c",
  },
  {
    name: "all devices, of which one is in use",
    slices: [devices("a", "b")],
    claims: [claim("c", [request("r", { allocationMode: "All" })])],
    others: [allocated("o", { device: "b" })],
    want: "none",
  },
  {
    name: "all of no devices",
    slices: [devices(withMemory("a", "4Gi"))],
    claims: [claim("c", [request("r", { deviceClassName: "big", allocationMode: "All" })])],
    want: "none",
  },
  {
    name: "all devices of a pool that is being written",
    slices: [
      slice("s", {
        nodeName: "n1",
        devices: [{ name: "a" }],
        pool: { name: "p", generation: 2, resourceSliceCount: 2 },
      }),
    ],
    claims: [claim("c", [request("r", { allocationMode: "All" })])],
    want: `claim default/c, request r: asks for all devices, but resource pool ${DRIVER}/p is currently being updated`,
  },
  {
    name: "none of an old generation",
    slices: [
      slice("old", {
        nodeName: "n1",
        devices: [{ name: "a" }],
        pool: { name: "p", generation: 1, resourceSliceCount: 1 },
      }),
      slice("new", {
        nodeName: "n1",
        devices: [{ name: "b" }],
        pool: { name: "p", generation: 2, resourceSliceCount: 1 },
      }),
    ],
    claims: [claim("c", [request("r")])],
    want: "r=b",
  },
  {
    name: "none of a pool with two devices of one name",
    slices: [devices("a", "a")],
    claims: [claim("c", [request("r")])],
    want: "invalid resource pools were encountered",
  },
  {
    name: "none of another node",
    slices: [slice("s", { nodeName: "n2", devices: [{ name: "a" }] })],
    claims: [claim("c", [request("r")])],
    want: "none",
  },
  {
    name: "those that say themselves where they are",
    slices: [
      slice("s", {
        perDeviceNodeSelection: true,
        devices: [
          { name: "there", nodeName: "n2" },
          { name: "here", nodeName: "n1" },
        ],
      }),
    ],
    claims: [claim("c", [request("r")])],
    want: "r=here",
  },
  {
    name: "the same value of an attribute for all",
    slices: [devices(onNuma("a", 0), onNuma("b", 1), onNuma("c", 1))],
    claims: [claim("c", [request("r"), request("s")], { constraints: [{ matchAttribute: `${DRIVER}/numa` }] })],
    want: "r=b s=c",
  },
  {
    name: "another value of an attribute for each",
    slices: [devices(onNuma("a", 0), onNuma("b", 0), onNuma("c", 1))],
    claims: [
      claim("c", [request("r", { count: 2 })], {
        constraints: [{ distinctAttribute: `${DRIVER}/numa`, requests: ["r"] }],
      }),
    ],
    want: "r=a r=c",
  },
  {
    name: "nothing without the attribute, but only where it is asked for",
    slices: [devices("a", onNuma("b", 0))],
    claims: [
      claim("c", [request("r"), request("s")], {
        constraints: [{ matchAttribute: `${DRIVER}/numa`, requests: ["r"] }],
      }),
    ],
    want: "r=b s=a",
  },
  {
    name: "all devices that cannot be together",
    slices: [devices(onNuma("a", 0), onNuma("b", 1))],
    claims: [
      claim("c", [request("r", { allocationMode: "All" })], { constraints: [{ matchAttribute: `${DRIVER}/numa` }] }),
    ],
    want: `claim default/c, request r: cannot add device ${DRIVER}/pool/b because a claim constraint would not be satisfied`,
  },
  {
    name: "the best alternative that is there",
    slices: [devices(withMemory("a", "4Gi"), withMemory("b", "4Gi"))],
    claims: [
      claim("c", [
        firstOf(
          "r",
          { name: "one-big", deviceClassName: "big" },
          { name: "two-small", count: 2 },
          { name: "one-small" },
        ),
      ]),
    ],
    want: "r/two-small=a r/two-small=b",
  },
  {
    name: "a lesser alternative so that the next request can be met",
    slices: [devices("a", "b")],
    claims: [claim("c", [firstOf("r", { name: "two", count: 2 }, { name: "one" }), request("s")])],
    want: "r/one=a s=b",
  },
  {
    name: "a lesser alternative so that the claim does not get too much",
    slices: [many(40)],
    claims: [claim("c", [firstOf("r", { name: "much", count: 32 }, { name: "one" }), request("s")])],
    want: "r/one=d00 s=d01",
  },
  {
    name: "more than a claim may have",
    slices: [many(40)],
    claims: [claim("c", [request("r", { count: 33 })])],
    want: "claim default/c: number of requested devices 33 exceeds the claim limit of 32",
  },
  {
    name: "nothing tainted",
    slices: [devices(tainted("a"), tainted("b", "NoExecute"), tainted("c", "None"))],
    claims: [claim("c", [request("r")])],
    want: "r=c",
  },
  {
    name: "tainted with a toleration",
    slices: [devices(tainted("a"), tainted("b", "NoExecute"))],
    claims: [
      claim("c", [
        request("r", { tolerations: [{ key: "sick", operator: "Exists", effect: "NoExecute" }] }),
        request("s", { tolerations: [{ key: "sick", operator: "Equal", value: "yes" }] }),
      ]),
    ],
    want: "r=b s=a",
  },
  {
    name: "parts of a card, as many as it has room for",
    slices: [card, parts(part("whole", "4"), part("half-a", "2"), part("half-b", "2"))],
    claims: [claim("c", [request("r", { selectors: [cel("true")] }), request("s")])],
    want: "r=half-a s=half-b",
  },
  {
    name: "no part of a card that is in use as a whole",
    slices: [card, parts(part("whole", "4"), part("half", "2"))],
    claims: [claim("c", [request("r")])],
    others: [allocated("o", { device: "whole" })],
    want: "none",
  },
  {
    name: "a pool whose devices use counters that are not there",
    slices: [devices(part("a", "1"))],
    claims: [claim("c", [request("r")])],
    want: "invalid resource pools were encountered",
  },
  {
    name: "a device is shared while it has capacity left",
    slices: [devices(sharable("a", {}), sharable("b", {}))],
    claims: [claim("c", [request("r", needs("10Gi")), request("s", needs("20Gi"))])],
    others: [allocated("o", { device: "a", shareID: "x", consumedCapacity: { memory: "25Gi" } })],
    want: "r=a s=b",
  },
  {
    name: "all of a device that is shared, without a wish",
    slices: [devices(sharable("a", {}))],
    claims: [claim("c", [request("r")])],
    others: [allocated("o", { device: "a", shareID: "x", consumedCapacity: { memory: "1Gi" } })],
    want: "none",
  },
  {
    name: "a capacity that no device has",
    slices: [devices(sharable("a", {}))],
    claims: [claim("c", [request("r", { capacity: { requests: { cores: "1" } } })])],
    want: "none",
  },
]

for (const one of cases) test(`allocation: ${one.name}`, () => assert.equal(outcome(one), one.want))

test("a shared device is consumed as its policy says", () => {
  const range = { default: "1Gi", validRange: { min: "2Gi", step: "4Gi", max: "20Gi" } }
  const values = { default: "1Gi", validValues: ["1Gi", "8Gi"] }
  const consumed = (policy: object, wish?: string) => {
    const results = allocate({
      slices: [devices(sharable("a", { requestPolicy: policy }))],
      claims: [claim("c", [request("r", wish === undefined ? {} : needs(wish))])],
    })
    return results?.[0]?.devices.results?.[0]?.consumedCapacity?.["memory"]
  }
  assert.deepEqual(
    [consumed(range), consumed(range, "1Mi"), consumed(range, "3Gi"), consumed(range, "19Gi")],
    ["1Gi", "2Gi", "6Gi", undefined],
  )
  assert.deepEqual([consumed(values), consumed(values, "2Gi"), consumed(values, "9Gi")], ["1Gi", "8Gi", undefined])
})

test("the result says where the devices can be used, and with which settings", () => {
  const parameters = { apiVersion: "gpu/v1", kind: "Config" }
  const config = { opaque: { driver: DRIVER, parameters } }
  classes.set("tuned", deviceClass("tuned", { config: [config] }))
  const zone = { key: "zone", operator: "In", values: ["a"] }
  const zoned = slice("s", {
    nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [zone] }] },
    devices: [{ name: "a" }, { name: "b" }],
  })
  const [allocation] =
    allocate({
      slices: [zoned],
      nodeLabels: { zone: "a" },
      claims: [
        claim("c", [request("r", { deviceClassName: "tuned" }), request("s", { deviceClassName: "tuned" })], {
          config: [
            { requests: ["s"], ...config },
            { requests: ["other"], ...config },
          ],
        }),
      ],
    }) ?? []
  assert.deepEqual(allocation?.nodeSelector, { nodeSelectorTerms: [{ matchExpressions: [zone] }] })
  assert.deepEqual(allocation?.devices.config, [
    { source: "FromClass", requests: ["r", "s"], ...config },
    { source: "FromClaim", requests: ["s"], ...config },
  ])
})
