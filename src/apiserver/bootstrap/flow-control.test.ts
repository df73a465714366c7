import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { ensureFlowControl } from "./flow-control.ts"

let back: TestBack
before(async () => {
  back = await startTestBack({ resources: [FlowSchema, PriorityLevelConfiguration] })
  await ensureFlowControl(back.client)
})
after(() => back.close())

const schemas = () => back.client.of(FlowSchema)
const levels = () => back.client.of(PriorityLevelConfiguration)

test("a new cluster has Kubernetes' schemas and levels", async () => {
  const found = (await schemas().list()).items.map(({ metadata, spec }) => [
    metadata.name,
    spec.matchingPrecedence,
    spec.priorityLevelConfiguration.name,
  ])
  assert.deepEqual(found, [
    ["catch-all", 10000, "catch-all"],
    ["exempt", 1, "exempt"],
    ["global-default", 9900, "global-default"],
    ["kube-controller-manager", 800, "workload-high"],
    ["kube-scheduler", 800, "workload-high"],
    ["kube-system-service-accounts", 900, "workload-high"],
    ["probes", 2, "exempt"],
    ["service-accounts", 9000, "workload-low"],
    ["system-leader-election", 100, "leader-election"],
    ["system-node-high", 400, "node-high"],
    ["system-nodes", 500, "system"],
  ])
  assert.deepEqual(
    (await levels().list()).items.map(({ metadata }) => metadata.name),
    [
      "catch-all",
      "exempt",
      "global-default",
      "leader-election",
      "node-high",
      "system",
      "workload-high",
      "workload-low",
    ],
  )
})

test("whoever writes them is told that they have no effect", () => {
  assert.match(back.warnings[0] ?? "", /^flow control is not enforced by this server/)
})

test("ensuring again writes nothing", async () => {
  const before = await back.store.revision()
  await ensureFlowControl(back.client)
  assert.equal(await back.store.revision(), before)
})

const raw = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
async function ensureAfter(annotation: string | undefined) {
  const system = await levels().get({ name: "system" })
  const annotations: Record<string, string> =
    annotation === undefined ? {} : { "apf.kubernetes.io/autoupdate-spec": annotation }
  const { limited } = system.spec
  const spec = { ...system.spec, ...(limited && { limited: { ...limited, nominalConcurrencyShares: 7 } }) }
  await levels().update({ ...system, metadata: { ...system.metadata, annotations }, spec })
  await ensureFlowControl(back.client)
  const { metadata, spec: now } = await levels().get({ name: "system" })
  return raw([now.limited?.nominalConcurrencyShares, metadata.annotations])
}

test("changes of suggested objects stay if they are meant to", async () => {
  assert.deepEqual(await ensureAfter("true"), [30, { "apf.kubernetes.io/autoupdate-spec": "true" }])
  assert.deepEqual(await ensureAfter("false"), [7, { "apf.kubernetes.io/autoupdate-spec": "false" }])
  assert.deepEqual(await ensureAfter(undefined), [7, { "apf.kubernetes.io/autoupdate-spec": "false" }])
})

test("what the exempt level takes can be changed, what was deleted comes back, what is no longer suggested goes", async () => {
  const exempt = await levels().get({ name: "exempt" })
  await levels().update({ ...exempt, spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 3 } } })
  await schemas().delete({ name: "catch-all" })
  const spec = { priorityLevelConfiguration: { name: "system" } }
  const annotations = { "apf.kubernetes.io/autoupdate-spec": "true" }
  await schemas().create({ metadata: { name: "old", annotations }, spec })
  await schemas().create({ metadata: { name: "own" }, spec })
  await ensureFlowControl(back.client)
  assert.equal((await levels().get({ name: "exempt" })).spec.exempt?.nominalConcurrencyShares, 3)
  assert.equal((await schemas().get({ name: "catch-all" })).spec.matchingPrecedence, 10000)
  assert.equal((await schemas().get({ name: "own" })).spec.matchingPrecedence, 1000)
  await assert.rejects(schemas().get({ name: "old" }), { message: /"old" not found/ })
})
