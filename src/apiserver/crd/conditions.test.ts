import assert from "node:assert/strict"
import { test } from "node:test"
import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { isTrue, planStatus, withCondition } from "./conditions.ts"
import { nextStep } from "./finalize.ts"
import { type UsedNames, usedNames } from "./names.ts"

type Names = CustomResourceDefinition["spec"]["names"]
const NAMES: Names = { plural: "foos", singular: "foo", shortNames: ["fo"], kind: "Foo", listKind: "FooList" }
const NONE: Names = { plural: "", kind: "" }

interface Parts {
  readonly accepted?: Names
  readonly conditions?: CustomResourceDefinition["status"]["conditions"]
  readonly spec?: object
  readonly metadata?: object
}

function made({ accepted = NONE, conditions = [], spec = {}, metadata = {} }: Parts): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "foos.example.com", uid: "1", resourceVersion: "1", creationTimestamp: "t", ...metadata },
    spec: { group: "example.com", scope: "Namespaced", names: NAMES, versions: [], ...spec },
    status: { conditions, acceptedNames: accepted, storedVersions: ["v1"] },
  } as unknown as CustomResourceDefinition
}

const nobody: UsedNames = { resources: new Set(), kinds: new Set() }
const shown = (definition: CustomResourceDefinition, used: UsedNames, served: boolean) =>
  planStatus(definition, () => used, served, "now").conditions.map(
    ({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`,
  )
const used = (...names: Partial<Names>[]) =>
  usedNames(names.map((each) => made({ accepted: { ...NONE, ...each } as Names })))
const NOT_ACCEPTED = "Established False NotAccepted: not all names are accepted"

const conflicts: readonly (readonly [name: string, taken: Partial<Names>, reason: string, message: string])[] = [
  ["the plural", { plural: "foos" }, "PluralConflict", '"foos" is already in use'],
  ["the plural as somebody's short name", { shortNames: ["foos"] }, "PluralConflict", '"foos" is already in use'],
  ["the singular", { singular: "foo" }, "SingularConflict", '"foo" is already in use'],
  ["a short name", { plural: "fo" }, "ShortNamesConflict", '"fo" is already in use'],
  ["the kind", { kind: "Foo" }, "KindConflict", '"Foo" is already in use'],
  ["the kind of lists", { kind: "FooList" }, "ListKindConflict", '"FooList" is already in use'],
]
for (const [name, taken, reason, message] of conflicts) {
  test(`a definition waits while others have ${name}`, () => {
    assert.deepEqual(shown(made({}), used(taken), false), [`NamesAccepted False ${reason}: ${message}`, NOT_ACCEPTED])
  })
}

test("a definition has its names before it is served, and is established when it is", () => {
  const accepted = "NamesAccepted True NoConflicts: no conflicts found"
  assert.deepEqual(shown(made({}), nobody, false), [
    accepted,
    "Established False Installing: the initial names have been accepted",
  ])
  assert.deepEqual(shown(made({}), nobody, true), [
    accepted,
    "Established True InitialNamesAccepted: the initial names have been accepted",
  ])
})

test("a definition keeps the names that it has when it wants others that are taken", () => {
  const before = made({ accepted: NAMES, spec: { names: { ...NAMES, shortNames: ["ba"], singular: "bar" } } })
  const { acceptedNames } = planStatus(before, () => used({ singular: "ba" }), true, "now")
  assert.deepEqual([acceptedNames.singular, acceptedNames.shortNames], ["bar", ["fo"]])
})

test("a webhook whose certificates are none keeps a definition from being established", () => {
  const clientConfig = { url: "https://a", caBundle: Buffer.from("nothing").toString("base64") }
  const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } }
  assert.equal(
    shown(made({ spec: { conversion } }), nobody, true)[1],
    "Established False InvalidCABundle: The conversion webhook CABundle is invalid",
  )
})

const KEY = "api-approved.kubernetes.io"
const approvals: readonly (readonly [text: string | undefined, condition: string])[] = [
  [undefined, "False MissingAnnotation"],
  ["unapproved, experimental-only", "False UnapprovedAnnotation"],
  ["https://github.com/kubernetes/kubernetes/pull/78458", "True ApprovedAnnotation"],
  ["soon", "False InvalidAnnotation"],
]
for (const [text, condition] of approvals) {
  test(`a group of Kubernetes with the approval ${JSON.stringify(text)} is ${condition}`, () => {
    const metadata = text === undefined ? {} : { annotations: { [KEY]: text } }
    const all = shown(made({ metadata, spec: { group: "apps.k8s.io" } }), nobody, true)
    assert.equal(all[2]?.startsWith(`KubernetesAPIApprovalPolicyConformant ${condition}: `), true)
  })
}

test("a condition keeps its time while its status stays", () => {
  const first = withCondition([], { type: "A", status: "True", reason: "x", message: "" }, "t1")
  const same = withCondition(first, { type: "A", status: "True", reason: "y", message: "" }, "t2")
  const other = withCondition(same, { type: "A", status: "False", reason: "y", message: "" }, "t3")
  assert.deepEqual(
    [first, same, other].map((all) => all.map(({ reason, lastTransitionTime }) => [reason, lastTransitionTime])),
    [[["x", "t1"]], [["y", "t1"]], [["y", "t3"]]],
  )
  assert.equal(isTrue(made({ conditions: first }), "A"), true)
})

const START = "2026-01-01T00:00:00Z"
const ENDING = { deletionTimestamp: START, finalizers: ["customresourcecleanup.apiextensions.k8s.io"] }
const ESTABLISHED = { type: "Established", status: "True", reason: "", message: "" }
const inProgress = { type: "Terminating", status: "True", reason: "InstanceDeletionInProgress", message: "" }

async function stepOf(parts: Parts, left: number | Error, seconds = 0): Promise<string> {
  const deleteAll = async () => {
    if (left instanceof Error) throw left
    return left
  }
  const nowMs = Date.parse(START) + seconds * 1000
  const step = await nextStep(made(parts), { nowMs, overlaps: false, deleteAll })
  return "condition" in step ? `${step.do}: ${step.condition.reason}` : step.do
}

test("a definition goes once its objects have gone", async () => {
  const running = { metadata: ENDING, conditions: [ESTABLISHED, inProgress] }
  assert.equal(await stepOf({ conditions: [ESTABLISHED] }, 0), "nothing")
  assert.equal(await stepOf({ metadata: ENDING }, 0), "let go: NeverEstablished")
  assert.equal(await stepOf({ metadata: ENDING, conditions: [ESTABLISHED] }, 1), "say: InstanceDeletionInProgress")
  assert.equal(await stepOf(running, 1), "wait")
  assert.equal(await stepOf(running, 1, 61), "say: InstanceDeletionCheck")
  assert.equal(await stepOf(running, new Error("no")), "say: InstanceDeletionFailed")
  assert.equal(await stepOf(running, 0, 61), "let go: InstanceDeletionCompleted")
})
