import assert from "node:assert/strict"
import { test } from "node:test"
import type { IPAddress } from "../../api/networking/v1/ip-address.ts"
import type { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { FINALIZER, plan } from "./plan.ts"

const range = (name: string, cidrs: readonly string[], metadata: object = {}) =>
  ({ metadata: { name, ...metadata }, spec: { cidrs }, status: {} }) as unknown as ServiceCIDR
const address = (name: string) => ({ metadata: { name }, spec: {} }) as unknown as IPAddress
const ending = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [FINALIZER] }

const cases = [
  { name: "a new one", own: range("a", ["10.1.0.0/24"]), steps: ["protect", "report True"] },
  { name: "a known one", own: range("a", ["10.1.0.0/24"], { finalizers: [FINALIZER] }), steps: ["report True"] },
  { name: "an ending one that is not used", own: range("a", ["10.1.0.0/24"], ending), steps: ["release 7000"] },
  {
    name: "an ending one with an address",
    own: range("a", ["10.1.0.0/24", "fd00::/64"], ending),
    addresses: ["10.1.0.9", "fd00::1"],
    steps: ["report False"],
  },
  {
    name: "an ending one of which an IPv6 address is used",
    own: range("a", ["10.1.0.0/24", "fd00::/64"], ending),
    addresses: ["fd00::1"],
    steps: ["report False"],
  },
  {
    name: "an address of other ranges",
    own: range("a", ["10.1.0.0/24"], ending),
    addresses: ["10.2.0.9", "fd00::1"],
    steps: ["release 7000"],
  },
  {
    name: "a larger range has the address, too",
    own: range("a", ["10.1.0.0/24"], ending),
    others: [range("b", ["10.0.0.0/8"])],
    addresses: ["10.1.0.9"],
    steps: ["release 7000"],
  },
  {
    name: "a smaller range does not have it",
    own: range("a", ["10.1.0.0/24"], ending),
    others: [range("b", ["10.1.0.0/28"])],
    addresses: ["10.1.0.99"],
    steps: ["report False"],
  },
  { name: "nothing holds it", own: range("a", ["10.1.0.0/24"], { ...ending, finalizers: [] }), steps: [] },
]
for (const { name, own, others = [], addresses = [], steps } of cases) {
  test(name, () => {
    const found = plan(own, [own, ...others], addresses.map(address), 3000)
    assert.deepEqual(
      found.map((step) =>
        step.do === "release" ? `release ${step.afterMs}` : step.do === "report" ? `report ${step.status}` : step.do,
      ),
      steps,
    )
  })
}
