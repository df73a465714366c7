import assert from "node:assert/strict"
import { test } from "node:test"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import { containerOf, factsOf, instance, podOf } from "../testing/pods.ts"
import { next } from "./next.ts"

const rules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }]
const asking = containerOf("a", { restartPolicy: "Never", restartPolicyRules: rules })
const pod = podOf({
  restartPolicy: "Never",
  initContainers: [containerOf("init")],
  containers: [asking, containerOf("b")],
})

const cases: { name: string; have: ContainerStatus[]; want: string[] }[] = [
  {
    name: "first everything ends at once",
    have: [instance("init", { exit: 0 }), instance("a", { exit: 42 }), instance("b")],
    want: ["kill-container b-0"],
  },
  {
    name: "then the others are removed",
    have: [instance("init", { exit: 0 }), instance("a", { exit: 42 }), instance("b", { exit: 137 })],
    want: ["remove-container init-0", "remove-container b-0"],
  },
  { name: "at last the one that asked", have: [instance("a", { exit: 42 })], want: ["remove-container a-0"] },
  { name: "another exit code restarts nothing", have: [instance("a", { exit: 1 }), instance("b")], want: [] },
]
for (const { have, name, want } of cases) {
  test(`a rule that restarts all: ${name}`, () => {
    const steps = next(factsOf(pod, have)).actions.map((action) => `${action.do} ${"id" in action ? action.id : ""}`)
    assert.deepEqual(steps, want)
  })
}
