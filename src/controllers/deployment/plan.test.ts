import assert from "node:assert/strict"
import { test } from "node:test"
import type { Deployment } from "../../api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { deployment, replicaSet } from "../testing.ts"
import { plan } from "./plan.ts"
import { desiredReplicasAnnotation, maxReplicasAnnotation, revisionAnnotation, templateHash } from "./revision.ts"
import { isComplete, statusOf, timesOutMs } from "./status.ts"

const sized = (desired: number, max: number, revision: number) => ({
  metadata: {
    annotations: {
      [desiredReplicasAnnotation]: String(desired),
      [maxReplicasAnnotation]: String(max),
      [revisionAnnotation]: String(revision),
    },
    creationTimestamp: `2026-01-01T00:00:0${revision}Z`,
  },
})
const atRevision = (revision: number) => ({ metadata: { annotations: { [revisionAnnotation]: String(revision) } } })

function told(wanted: Deployment, sets: readonly ReplicaSet[], oldPodsExist = false): string[] {
  return plan({ deployment: wanted, sets, oldPodsExist }).map((step) => {
    switch (step.do) {
      case "createNewest":
        return `create revision ${step.revision} with ${step.replicas}`
      case "update":
        return `${step.set.metadata.name} to ${step.replicas}`
      case "noteRevision":
        return `note revision ${step.revision}`
      case "deleteSet":
        return `delete ${step.set.metadata.name}`
    }
  })
}

interface Case {
  readonly name: string
  readonly deployment: Deployment
  readonly sets: readonly ReplicaSet[]
  readonly oldPodsExist?: boolean
  readonly steps: readonly string[]
}

const rolling = deployment("v2", 4, atRevision(1))
const recreating = deployment("v2", 3, { ...atRevision(1), spec: { strategy: { type: "Recreate" } } })
const cases: readonly Case[] = [
  { name: "starts with all replicas", deployment: deployment("v1", 3), sets: [], steps: ["create revision 1 with 3"] },
  {
    name: "begins a rollout with the surge",
    deployment: rolling,
    sets: [replicaSet("a", "v1", 4, 4, sized(4, 5, 1))],
    steps: ["create revision 2 with 1"],
  },
  {
    name: "takes old pods away within maxUnavailable",
    deployment: deployment("v2", 4, atRevision(2)),
    sets: [replicaSet("a", "v1", 4, 4, sized(4, 5, 1)), replicaSet("b", "v2", 1, 0, sized(4, 5, 2))],
    steps: ["a to 3"],
  },
  {
    name: "waits while too few are available",
    deployment: deployment("v2", 4, atRevision(2)),
    sets: [replicaSet("a", "v1", 3, 3, sized(4, 5, 1)), replicaSet("b", "v2", 2, 0, sized(4, 5, 2))],
    steps: [],
  },
  {
    name: "grows the new set as old pods go",
    deployment: deployment("v2", 4, atRevision(2)),
    sets: [replicaSet("a", "v1", 3, 3, sized(4, 5, 1)), replicaSet("b", "v2", 1, 1, sized(4, 5, 2))],
    steps: ["b to 2"],
  },
  {
    name: "takes broken old pods first",
    deployment: deployment("v3", 4, atRevision(3)),
    sets: [
      replicaSet("a", "v1", 3, 3, sized(4, 5, 1)),
      replicaSet("b", "v2", 1, 0, sized(4, 5, 2)),
      replicaSet("c", "v3", 1, 1, sized(4, 5, 3)),
    ],
    steps: ["a to 2", "b to 0"],
  },
  {
    name: "goes back to an old revision by giving it the highest number",
    deployment: deployment("v1", 2, atRevision(2)),
    sets: [replicaSet("a", "v1", 0, 0, sized(2, 3, 1)), replicaSet("b", "v2", 2, 2, sized(2, 3, 2))],
    steps: ["a to 0"],
  },
  {
    name: "counts revisions of 64 bits",
    deployment: deployment("v2", 1, atRevision(1)),
    sets: [replicaSet("a", "v1", 0, 0, { metadata: { annotations: { [revisionAnnotation]: "3546343826724305832" } } })],
    steps: ["create revision 3546343826724305833 with 1"],
  },
  {
    name: "follows a resize",
    deployment: deployment("v1", 6, atRevision(1)),
    sets: [replicaSet("a", "v1", 4, 4, sized(4, 5, 1))],
    steps: ["a to 6"],
  },
  {
    name: "shares a resize in the middle of a rollout in proportion",
    deployment: deployment("v2", 20, atRevision(2)),
    sets: [replicaSet("a", "v1", 8, 8, sized(10, 13, 1)), replicaSet("b", "v2", 5, 2, sized(10, 13, 2))],
    steps: ["a to 15", "b to 10"],
  },
  {
    name: "does nothing but note when paused",
    deployment: deployment("v2", 4, { ...atRevision(1), spec: { paused: true } }),
    sets: [replicaSet("a", "v1", 4, 4, sized(4, 5, 1))],
    steps: [],
  },
  {
    name: "removes all old pods before Recreate makes new ones",
    deployment: recreating,
    sets: [replicaSet("a", "v1", 3, 3, sized(3, 3, 1))],
    steps: ["a to 0"],
  },
  {
    name: "waits for the last old pod with Recreate",
    deployment: recreating,
    sets: [replicaSet("a", "v1", 0, 0, sized(3, 3, 1))],
    oldPodsExist: true,
    steps: [],
  },
  {
    name: "makes all new pods at once with Recreate",
    deployment: recreating,
    sets: [replicaSet("a", "v1", 0, 0, sized(3, 3, 1))],
    steps: ["create revision 2 with 3"],
  },
  {
    name: "deletes revisions beyond the limit when done",
    deployment: deployment("v3", 1, {
      ...atRevision(3),
      spec: { revisionHistoryLimit: 1 },
      status: { updatedReplicas: 1, replicas: 1, availableReplicas: 1 },
    }),
    sets: [
      replicaSet("a", "v1", 0, 0, sized(1, 2, 1)),
      replicaSet("b", "v2", 0, 0, sized(1, 2, 2)),
      replicaSet("c", "v3", 1, 1, sized(1, 2, 3)),
    ],
    steps: ["delete a"],
  },
]
for (const { name, deployment: wanted, sets, oldPodsExist, steps } of cases) {
  test(`plan: ${name}`, () => assert.deepEqual(told(wanted, sets, oldPodsExist), steps))
}

test("a rollout played to its end never has fewer or more pods than allowed", () => {
  const wanted = deployment("v2", 10, atRevision(1))
  const sizes = new Map([["a", 10]])
  let revision = 2
  const sets = () =>
    [...sizes].map(([name, size]) =>
      // Every pod becomes available at once, so that each round moves as far as the bounds let it.
      replicaSet(name, name === "a" ? "v1" : "v2", size, size, sized(10, 13, name === "a" ? 1 : revision)),
    )
  for (let round = 0; round < 40; round++) {
    const steps = plan({
      deployment: { ...wanted, ...(sizes.has("b") && deployment("v2", 10, atRevision(2))) },
      sets: sets(),
      oldPodsExist: true,
    })
    if (steps.length === 0) break
    for (const step of steps) {
      if (step.do === "createNewest") {
        revision = Number(step.revision)
        sizes.set("b", step.replicas)
      } else if (step.do === "update") sizes.set(step.set.metadata.name, step.replicas)
    }
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    assert.ok(total >= 8 && total <= 13, `${total} pods`)
  }
  assert.deepEqual(
    [...sizes],
    [
      ["a", 0],
      ["b", 10],
    ],
  )
})

test("the status of a rollout that stands still turns to ProgressDeadlineExceeded, once", () => {
  const stuck = deployment("v2", 2, {
    metadata: { generation: 1 },
    spec: { progressDeadlineSeconds: 60 },
    status: {
      replicas: 3,
      updatedReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [
        { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", lastUpdateTime: "2026-01-01T00:00:00Z" },
      ],
    },
  })
  const sets = [replicaSet("a", "v1", 2, 2), replicaSet("b", "v2", 1, 0)] as const
  const at = (text: string) =>
    statusOf(stuck, sets[1], [sets[0]], Date.parse(text)).conditions?.find(({ type }) => type === "Progressing")
  assert.equal(at("2026-01-01T00:00:59Z")?.reason, "ReplicaSetUpdated")
  assert.deepEqual(
    [at("2026-01-01T00:01:00Z")?.status, at("2026-01-01T00:01:00Z")?.reason],
    ["False", "ProgressDeadlineExceeded"],
  )
})

test("complete means updated, available, nothing old left and observed", () => {
  const done = deployment("v1", 2, { metadata: { generation: 3 } })
  const status = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, observedGeneration: 3 }
  assert.ok(isComplete(done, status))
  for (const worse of [{ replicas: 3 }, { updatedReplicas: 1 }, { availableReplicas: 1 }, { observedGeneration: 2 }]) {
    assert.ok(!isComplete(done, { ...status, ...worse }))
  }
})

test("the template's hash depends on its content, not on the order of its keys or on the hash label", () => {
  const { template } = deployment("v1", 1).spec
  const reordered = { spec: template.spec, metadata: { labels: { "pod-template-hash": "x", app: "web" } } }
  assert.equal(templateHash(reordered, 0), templateHash(template, 0))
  assert.notEqual(templateHash(template, 1), templateHash(template, 0))
  assert.notEqual(templateHash(deployment("v2", 1).spec.template, 0), templateHash(template, 0))
})

test("a rollout times out, unless it is done, paused or has no deadline", () => {
  const deadline = { spec: { progressDeadlineSeconds: 60 } }
  const progressing = (reason: string) => ({
    type: "Progressing",
    status: "True",
    reason,
    lastUpdateTime: "2026-01-01T00:00:00Z",
  })
  const cases = [
    [deployment("v1", 1, deadline), progressing("ReplicaSetUpdated"), Date.UTC(2026, 0, 1, 0, 1)],
    [deployment("v1", 1, deadline), progressing("NewReplicaSetAvailable"), Infinity],
    [deployment("v1", 1, deadline), undefined, Infinity],
    [deployment("v1", 1, { spec: { ...deadline.spec, paused: true } }), progressing("DeploymentPaused"), Infinity],
    [
      deployment("v1", 1, { spec: { progressDeadlineSeconds: 2 ** 31 - 1 } }),
      progressing("ReplicaSetUpdated"),
      Infinity,
    ],
  ] as const
  for (const [of, condition, expected] of cases) assert.equal(timesOutMs(of, condition), expected)
})
