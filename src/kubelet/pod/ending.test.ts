import assert from "node:assert/strict"
import { test } from "node:test"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import { containerOf, factsOf, instance, podOf, sandbox, startMs } from "../testing/pods.ts"
import { end } from "./ending.ts"
import type { PodFacts } from "./facts.ts"

const pod = podOf({
  initContainers: [containerOf("s1", { restartPolicy: "Always" }), containerOf("s2", { restartPolicy: "Always" })],
  containers: [containerOf("a"), containerOf("b")],
})
const [a, b, s1, s2] = ["a", "b", "s1", "s2"].map((name) => instance(name)) as [
  ContainerStatus,
  ContainerStatus,
  ContainerStatus,
  ContainerStatus,
]
const over = (name: string) => instance(name, { exit: 0 })

const cases: {
  name: string
  have: readonly ContainerStatus[]
  more?: Partial<PodFacts> & { atS?: number }
  want: readonly string[]
}[] = [
  { name: "the regular ones first", have: [a, b, s1, s2], want: ["kill-container a-0 30", "kill-container b-0 30"] },
  {
    name: "nothing twice",
    have: [a, b, s1, s2],
    more: { busy: new Set(["kill:a-0"]) },
    want: ["kill-container b-0 30"],
  },
  {
    name: "the last sidecar next, with what time is left",
    have: [over("a"), over("b"), s1, s2],
    more: { atS: 12 },
    want: ["kill-container s2-0 18"],
  },
  {
    name: "then the first, with a little time at least",
    have: [over("a"), over("b"), s1, over("s2")],
    more: { atS: 40 },
    want: ["kill-container s1-0 2"],
  },
  { name: "what never started is removed", have: [instance("a", { created: true })], want: ["remove-container a-0"] },
  { name: "the sandbox last", have: [over("a")], want: ["stop-sandbox sandbox-0"] },
  {
    name: "not before an operation is over",
    have: [],
    more: { busy: new Set(["sandbox"]), runtime: { sandboxes: [], containers: [] } },
    want: [],
  },
  {
    name: "ended",
    have: [],
    more: { runtime: { sandboxes: [sandbox("NOTREADY")], containers: [over("a")] } },
    want: ["ended"],
  },
]

for (const { have, more = {}, name, want } of cases) {
  test(name, () => {
    const { actions, ended } = end(factsOf(pod, have, more), { graceMs: 30_000, sinceMs: startMs })
    const steps = actions.map((action) => {
      const grace = action.do === "kill-container" ? ` ${action.graceMs / 1000}` : ""
      return `${action.do} ${"id" in action ? action.id : ""}${grace}`
    })
    assert.deepEqual([...steps, ...(ended ? ["ended"] : [])], want)
  })
}
