import assert from "node:assert/strict"
import { test } from "node:test"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import { containerOf, factsOf, instance, podOf, sandbox, startMs } from "../testing/pods.ts"
import type { Action, Decision } from "./actions.ts"
import type { ImageFact, PodFacts, ProbeFacts } from "./facts.ts"
import { next } from "./next.ts"

function describe(action: Action): string {
  switch (action.do) {
    case "mount-volumes":
      return "mount"
    case "run-sandbox":
      return `sandbox#${action.attempt}`
    case "ensure-image":
      return `image ${action.container.spec.name}`
    case "start-container":
      return `start ${action.container.spec.name}#${action.attempt} pause ${action.nextPauseMs / 1000}s`
    case "kill-container":
      return `kill ${action.id} in ${action.graceMs / 1000}s`
    case "resize-container":
      return `resize ${action.id}`
    case "stop-sandbox":
      return `stop ${action.id}`
    case "remove-container":
      return `remove ${action.id}`
  }
}

/** Actions, then why containers wait, then when to look again. */
function summary({ actions, completed, waiting, wakeAtMs }: Decision): string[] {
  return [
    ...actions.map(describe),
    ...[...waiting].map(([name, { reason }]) => `${name}: ${reason}`),
    ...(completed ? ["completed"] : []),
    ...(wakeAtMs === undefined ? [] : [`wake at ${(wakeAtMs - startMs) / 1000}s`]),
  ]
}

interface Case {
  readonly name: string
  readonly spec: object
  readonly have?: readonly ContainerStatus[]
  readonly more?: Partial<PodFacts> & { readonly atS?: number }
  readonly want: readonly string[]
}

const a = containerOf("a")
const b = containerOf("b")
const init = containerOf("init")
const side = containerOf("side", { restartPolicy: "Always" })
const nothing = { runtime: { sandboxes: [], containers: [] }, volumesMounted: false, images: new Map() }
const failedProbe = (type: "liveness" | "startup"): Partial<PodFacts> => {
  const healthy: ProbeFacts = { startup: "success", readiness: "success", liveness: "success" }
  return { probes: new Map([[instance("a").id, { ...healthy, [type]: "failure" }]]) }
}
const failure = (reason: string, retryS: number) => ({ reason, message: "why", retryAtMs: startMs + retryS * 1000 })
const badImage = {
  state: "failed",
  reason: "ErrImagePull",
  message: "no",
  failedAtMs: startMs,
  retryAtMs: startMs + 10_000,
} as const

const present: ImageFact = { state: "present", imageId: "i", user: { uid: null, username: "" } }
const imagesOf = (first: ImageFact) => new Map([["a", first] as const, ["b", present] as const])

const cases: Case[] = [
  {
    name: "a new pod: everything at once",
    spec: { containers: [a] },
    more: nothing,
    want: ["sandbox#0", "mount", "image a"],
  },
  {
    name: "only the first image before an init container is done",
    spec: { initContainers: [init], containers: [a] },
    more: nothing,
    want: ["sandbox#0", "mount", "image init"],
  },
  {
    name: "nothing twice",
    spec: { containers: [a] },
    more: { ...nothing, busy: new Set(["sandbox", "volumes", "image:a"]) },
    want: [],
  },
  { name: "starts the first of several", spec: { containers: [a, b] }, want: ["start a#0 pause 0s"] },
  { name: "then the next", spec: { containers: [a, b] }, have: [instance("a")], want: ["start b#0 pause 0s"] },
  {
    name: "an image on its way holds back those after it",
    spec: { containers: [a, b] },
    more: { images: imagesOf({ state: "pulling" }) },
    want: [],
  },
  {
    name: "an image that failed does not",
    spec: { containers: [a, b] },
    more: { images: imagesOf(badImage) },
    want: ["start b#0 pause 0s", "a: ErrImagePull", "wake at 5s"],
  },
  {
    name: "pull back-off is shown later",
    spec: { containers: [a] },
    more: { images: imagesOf(badImage), atS: 6 },
    want: ["a: ImagePullBackOff", "wake at 10s"],
  },
  {
    name: "the first restart is immediate",
    spec: { containers: [a] },
    have: [instance("a", { exit: 1, toS: 5 })],
    more: { atS: 5 },
    want: ["start a#1 pause 10s"],
  },
  {
    name: "the second waits",
    spec: { containers: [a] },
    have: [instance("a", { attempt: 1, exit: 1, toS: 5, pauseS: 10 })],
    more: { atS: 6 },
    want: ["a: CrashLoopBackOff", "wake at 15s"],
  },
  {
    name: "no longer than the pause when the clock was set back a little",
    spec: { containers: [a] },
    have: [instance("a", { attempt: 1, exit: 1, toS: 8, pauseS: 10 })],
    more: { atS: 6 },
    want: ["a: CrashLoopBackOff", "wake at 16s"],
  },
  {
    name: "not at all when the clock was set back by more than the pause",
    spec: { containers: [a] },
    have: [instance("a", { attempt: 1, exit: 1, toS: 300, pauseS: 10 })],
    more: { atS: 6 },
    want: ["start a#2 pause 20s"],
  },
  {
    name: "and doubles",
    spec: { containers: [a] },
    have: [instance("a", { attempt: 1, exit: 1, toS: 5, pauseS: 10 })],
    more: { atS: 15 },
    want: ["start a#2 pause 20s"],
  },
  {
    name: "up to five minutes",
    spec: { containers: [a] },
    have: [instance("a", { attempt: 9, exit: 1, toS: 5, pauseS: 300 })],
    more: { atS: 305 },
    want: ["start a#10 pause 300s"],
  },
  {
    name: "ten minutes of running clear the record",
    spec: { containers: [a] },
    have: [instance("a", { attempt: 9, exit: 1, toS: 601, pauseS: 300 })],
    more: { atS: 601 },
    want: ["start a#10 pause 10s"],
  },
  {
    name: "OnFailure leaves success alone",
    spec: { restartPolicy: "OnFailure", containers: [a] },
    have: [instance("a", { exit: 0 })],
    want: ["completed"],
  },
  {
    name: "Never leaves failure alone",
    spec: { restartPolicy: "Never", containers: [a, b] },
    have: [instance("a", { exit: 1 }), instance("b")],
    want: [],
  },
  {
    name: "a container's own policy wins",
    spec: { restartPolicy: "Never", containers: [containerOf("a", { restartPolicy: "Always" })] },
    have: [instance("a", { exit: 0 })],
    want: ["start a#1 pause 10s"],
  },
  {
    name: "a rule for an exit code wins",
    spec: {
      restartPolicy: "Never",
      containers: [
        containerOf("a", {
          restartPolicy: "Never",
          restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
        }),
      ],
    },
    have: [instance("a", { exit: 42 })],
    want: ["start a#1 pause 10s"],
  },
  {
    name: "a failed liveness probe kills",
    spec: { containers: [a] },
    have: [instance("a")],
    more: failedProbe("liveness"),
    want: ["kill a-0 in 30s"],
  },
  {
    name: "with the probe's own grace period",
    spec: { containers: [containerOf("a", { startupProbe: { terminationGracePeriodSeconds: 5 } })] },
    have: [instance("a")],
    more: failedProbe("startup"),
    want: ["kill a-0 in 5s"],
  },
  {
    name: "a failed init container is tried again",
    spec: { initContainers: [init], containers: [a] },
    have: [instance("init", { exit: 1 })],
    want: ["start init#1 pause 10s"],
  },
  {
    name: "or ends the pod",
    spec: { restartPolicy: "Never", initContainers: [init], containers: [a] },
    have: [instance("init", { exit: 1 })],
    want: ["completed"],
  },
  {
    name: "a finished one lets the others start",
    spec: { initContainers: [init], containers: [a] },
    have: [instance("init", { exit: 0 })],
    want: ["start a#0 pause 0s"],
  },
  {
    name: "a sidecar that runs lets the others start",
    spec: { initContainers: [side], containers: [a] },
    have: [instance("side")],
    want: ["start a#0 pause 0s"],
  },
  {
    name: "a sidecar that has not started does not",
    spec: { initContainers: [side], containers: [a] },
    have: [instance("side")],
    more: {
      probes: new Map([[instance("side").id, { startup: "unknown", readiness: "failure", liveness: "success" }]]),
    },
    want: [],
  },
  {
    name: "a sidecar is restarted whatever the policy",
    spec: { restartPolicy: "Never", initContainers: [side], containers: [a] },
    have: [instance("side", { exit: 0 }), instance("a")],
    want: ["start side#1 pause 10s"],
  },
  {
    name: "removed init containers of a running pod are not missed",
    spec: { initContainers: [init], containers: [a] },
    have: [instance("a")],
    want: [],
  },
  {
    name: "a container made but not started is used",
    spec: { containers: [a] },
    have: [instance("a", { attempt: 2, created: true })],
    want: ["start a#2 pause 0s"],
  },
  {
    name: "a failed start waits",
    spec: { containers: [a] },
    more: { failures: new Map([["a", failure("CreateContainerError", 10)]]) },
    want: ["a: CreateContainerError", "wake at 10s"],
  },
  {
    name: "a failed sandbox waits",
    spec: { containers: [a] },
    more: {
      ...nothing,
      volumesMounted: true,
      failures: new Map([["<sandbox>", failure("FailedCreatePodSandBox", 7)]]),
    },
    want: ["image a", "wake at 7s"],
  },
  {
    name: "a changed image kills",
    spec: { containers: [containerOf("a", { image: "app:2" })] },
    have: [instance("a")],
    want: ["kill a-0 in 30s"],
  },
  {
    name: "a dead sandbox: first what is left",
    spec: { containers: [a] },
    more: { runtime: { sandboxes: [sandbox("NOTREADY")], containers: [instance("a")] } },
    want: ["kill a-0 in 30s"],
  },
  {
    name: "then a new one, without the old init containers",
    spec: { initContainers: [init], containers: [a] },
    more: {
      runtime: {
        sandboxes: [sandbox("NOTREADY")],
        containers: [instance("init", { exit: 0 }), instance("a", { exit: 137 })],
      },
    },
    want: ["remove init-0", "sandbox#1"],
  },
  {
    name: "but not when nothing would run in it",
    spec: { restartPolicy: "Never", containers: [a] },
    more: { runtime: { sandboxes: [sandbox("NOTREADY")], containers: [instance("a", { exit: 137 })] } },
    want: ["completed"],
  },
  {
    name: "ephemeral containers run once",
    spec: { containers: [a], ephemeralContainers: [containerOf("debug")] },
    have: [instance("a"), instance("debug", { exit: 1 })],
    want: [],
  },
]

for (const { have = [], more = {}, name, spec, want } of cases) {
  test(name, () => {
    assert.deepEqual(summary(next(factsOf(podOf(spec), have, more))), want)
  })
}
