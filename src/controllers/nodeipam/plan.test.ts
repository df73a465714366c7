import assert from "node:assert/strict"
import { test } from "node:test"
import { nextNodeCidr } from "./plan.ts"

const cases = [
  { used: [], want: "10.244.0.0/24" },
  { used: ["10.244.0.0/24", "10.244.2.0/24"], want: "10.244.1.0/24" },
  // A node with a larger range of its own.
  { used: ["10.244.0.0/22"], want: "10.244.4.0/24" },
  // A smaller one inside.
  { used: ["10.244.0.128/25"], want: "10.244.1.0/24" },
  { used: ["192.168.0.0/24"], want: "10.244.0.0/24" },
]
for (const { used, want } of cases) {
  test(`next to [${used.join(", ")}] comes ${want}`, () => assert.equal(nextNodeCidr("10.244.0.0/16", 24, used), want))
}
test("a full range gives nothing", () => {
  assert.equal(nextNodeCidr("10.244.0.0/23", 24, ["10.244.0.0/24", "10.244.1.0/24"]), undefined)
})
