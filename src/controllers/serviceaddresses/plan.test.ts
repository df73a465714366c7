import assert from "node:assert/strict"
import { test } from "node:test"
import type { IPAddress } from "../../api/networking/v1/ip-address.ts"
import { service } from "../testing.ts"
import { plan } from "./plan.ts"

const cases = [
  { name: "a new service", spec: { clusterIPs: ["10.0.0.1"] }, own: [], steps: ["create 10.0.0.1"] },
  { name: "a known service", spec: { clusterIPs: ["10.0.0.1"] }, own: ["10.0.0.1"], steps: [] },
  {
    name: "another address",
    spec: { clusterIPs: ["10.0.0.2"] },
    own: ["10.0.0.1"],
    steps: ["create 10.0.0.2", "delete 10.0.0.1"],
  },
  { name: "a headless service", spec: { clusterIP: "None", clusterIPs: ["None"] }, own: [], steps: [] },
  {
    name: "a name of another",
    spec: { type: "ExternalName", clusterIP: "10.0.0.1" },
    own: ["10.0.0.1"],
    steps: ["delete 10.0.0.1"],
  },
  { name: "no service any more", spec: undefined, own: ["10.0.0.1"], steps: ["delete 10.0.0.1"] },
]
for (const { name, spec, own, steps } of cases) {
  test(name, () => {
    const addresses = own.map((address) => ({ metadata: { name: address } }) as unknown as IPAddress)
    const found = plan(spec === undefined ? undefined : service("s", { spec }), addresses)
    assert.deepEqual(
      found.map((step) => `${step.do} ${step.address}`),
      steps,
    )
  })
}
