import assert from "node:assert/strict"
import { test } from "node:test"
import { deployment, replicaSet } from "../testing.ts"
import { annotationsOfNewest, revisionAnnotation, rollback, rolledBack, setName } from "./revision.ts"

const ROLLBACK = "deprecated.deployment.rollback.to"
const HISTORY = "deployment.kubernetes.io/revision-history"
const asking = (revision: string) =>
  deployment("v3", 3, { metadata: { annotations: { [ROLLBACK]: revision, "change-cause": "edit" } } })
const set = (version: number) =>
  replicaSet(`set-${version}`, `v${version}`, 3, 3, {
    metadata: { annotations: { [revisionAnnotation]: String(version), "change-cause": "create" } },
  })
const sets = [1, 2, 3].map(set)

const cases = [
  { name: "nobody asked", asked: "", want: undefined },
  { name: "no number", asked: "last", want: undefined },
  { name: "a revision", asked: "1", want: "set-1" },
  { name: "the revision before", asked: "0", want: "set-2" },
  { name: "a revision that is not there", asked: "9", want: "Unable to find the revision to rollback to." },
  {
    name: "the revision of now",
    asked: "3",
    want: 'The rollback revision contains the same template as current deployment "web"',
  },
]
for (const { name, asked, want } of cases) {
  test(`rollback: ${name}`, () => {
    const found = rollback(asking(asked), sets)
    assert.equal(found && ("to" in found ? found.to.metadata.name : found.message), want)
  })
}

test("without a revision before there is nothing to roll back to", () => {
  assert.deepEqual(rollback(asking("0"), [set(3)]), {
    problem: "DeploymentRollbackRevisionNotFound",
    message: "Unable to find last revision.",
  })
})

test("a rollback restores template and annotations, and ends the wish", () => {
  const { metadata, spec } = rolledBack(asking("1"), set(1))
  assert.equal(spec.template.spec.containers[0]?.image, "v1")
  assert.deepEqual(metadata.annotations, { "change-cause": "create" })
})

test("the history of a set stays short", () => {
  const long = Array.from({ length: 400 }, (_, index) => String(1000 + index)).join(",")
  const current = { [revisionAnnotation]: "1500", [HISTORY]: long }
  const history = annotationsOfNewest(deployment("v1", 1), current, 1501n)[HISTORY] ?? ""
  assert.ok(history.length <= 2000)
  assert.ok(history.endsWith(",1399,1500"))
  assert.ok(history.startsWith("100"))
})

test("long names are cut so that the hash fits", () => {
  const long = deployment("v1", 1, { metadata: { name: "a".repeat(253) } as object })
  assert.equal(setName(long, "bcdf").length, 253)
  assert.equal(setName(deployment("v1", 1), "bcdf"), "web-bcdf")
})
