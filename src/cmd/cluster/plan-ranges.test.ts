import assert from "node:assert/strict"
import { test } from "node:test"
import { UserError } from "../../cli/user-error.ts"
import { layoutOf } from "./layout.ts"
import { checkRanges, planRanges } from "./plan-ranges.ts"
import type { UpOptions } from "./plan-record.ts"
import type { ClusterRecord } from "./record.ts"

const record: ClusterRecord = {
  name: "ci",
  slot: 4,
  dataDir: "/data/ci",
  kubeconfig: "/data/kubeconfig",
  apiPort: 7000,
  nodes: [
    { name: "one", kind: "host" },
    { name: "two", kind: "namespace" },
  ],
}
const both = { podCidr: "10.20.0.0/16,fd00:20::/48", serviceCidr: "10.21.0.0/16,fd00:21::/112" }

const planned: readonly { readonly name: string; readonly options: Omit<UpOptions, "name">; readonly pods: string }[] =
  [
    { name: "nothing", options: {}, pods: "10.240.0.0/16" },
    { name: "families", options: { ipFamilies: "ipv6, IPv4" }, pods: "fd00:10:240::/48,10.240.0.0/16" },
    { name: "ranges of both", options: both, pods: both.podCidr },
    {
      name: "ranges of services say which families there are",
      options: { serviceCidr: both.serviceCidr },
      pods: "10.240.0.0/16,fd00:10:240::/48",
    },
    { name: "bits beyond the prefix", options: { podCidr: "10.20.1.2/16" }, pods: "10.20.0.0/16" },
  ]
for (const { name, options, pods } of planned) {
  test(`${name}: pods get ${pods}`, () => {
    const { ranges } = layoutOf({ ...record, ...planRanges(undefined, { name: "ci", ...options }, 2) })
    assert.equal(ranges.map(({ podCidr }) => podCidr).join(), pods)
  })
}

test("nodes, DNS and the API have their places in the ranges", () => {
  const layout = layoutOf({ ...record, ...both })
  assert.deepEqual(layout.node("two").podCidrs, ["10.20.1.0/24", "fd00:20:0:1::/64"])
  assert.deepEqual(layout.dnsIps, ["10.21.0.10", "fd00:21::a"])
  assert.equal(layout.kubernetesIp, "10.21.0.1")
})

const refused: readonly { readonly options: Omit<UpOptions, "name">; readonly message: RegExp }[] = [
  { options: { ipFamilies: "IPv5" }, message: /--ip-families: found "IPv5"/ },
  { options: { ipFamilies: "IPv4,IPv4" }, message: /--ip-families: found "IPv4,IPv4"/ },
  { options: { podCidr: "10.20.0.0" }, message: /--pod-cidr: found "10.20.0.0", expected a range/ },
  { options: { podCidr: "10.20.0.0/16,10.21.0.0/16" }, message: /--pod-cidr: .* one of IPv4 and one of IPv6/ },
  { options: { podCidr: "10.20.0.0/31" }, message: /--pod-cidr: .* a larger range/ },
  { options: { podCidr: "10.20.0.0/24" }, message: /--pod-cidr: 10.20.0.0\/24 has no range for node 2/ },
  { options: { ...both, serviceCidr: "10.21.0.0/16" }, message: /--service-cidr: .* expected ranges of IPv4,IPv6/ },
  { options: { ...both, ipFamilies: "IPv6,IPv4" }, message: /--pod-cidr: .* expected ranges of IPv6,IPv4/ },
]
for (const { options, message } of refused) {
  test(`refuses ${JSON.stringify(options)}`, () => {
    const plan = () => planRanges(undefined, { name: "ci", ...options }, 2)
    assert.throws(plan, (error) => error instanceof UserError && message.test(error.message))
  })
}

test("a cluster keeps its ranges", () => {
  const before = { ...record, ...both }
  assert.deepEqual(planRanges(before, { name: "ci" }, 2), both)
  assert.deepEqual(planRanges(before, { name: "ci", ...both }, 2), both)
  assert.throws(() => planRanges(before, { name: "ci", ipFamilies: "IPv4" }, 2), UserError)
  assert.throws(() => planRanges(record, { name: "ci", podCidr: "10.20.0.0/16" }, 2), /cluster "ci" has 10.240.0.0\/16/)
  assert.throws(() => planRanges(record, { name: "ci", ipFamilies: "IPv4,IPv6" }, 2), /--ip-families: cluster "ci" has/)
})

test("ranges overlap neither each other nor those of another cluster", () => {
  const other = { ...record, name: "other", slot: 5 }
  checkRanges({ ...record, ...both }, [other])
  const within = { ...record, podCidr: "10.0.0.0/8" }
  assert.throws(() => checkRanges(within, []), /10.0.0.0\/8 overlaps 10.100.0.0\/16, which belongs to this cluster too/)
  const taken = { ...record, podCidr: "10.239.7.0/24" }
  assert.throws(() => checkRanges(taken, [other]), /--pod-cidr: .* belongs to cluster "other"/)
})
