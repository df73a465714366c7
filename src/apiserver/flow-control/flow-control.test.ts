import assert from "node:assert/strict"
import { test } from "node:test"
import { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts"
import { createClient } from "../../client/typed-client.ts"
import { MetricsRegistry } from "../../platform/metrics-registry.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { ensureFlowControl } from "../bootstrap/flow-control.ts"
import type { ApiResult } from "../call.ts"
import { startTestBack } from "../resources/testing.ts"
import { sendH1, served, startTestServer } from "../testing.ts"
import { createFlowControl } from "./flow-control.ts"
import { reportDangling } from "./flow-schema-status.ts"
import { createFlowControlMetrics } from "./metrics.ts"

const KINDS = [FlowSchema, PriorityLevelConfiguration]
const platform = createNodePlatform({ logLevel: "error" })

/** Everything that users write has one place, and nobody waits for it. */
async function tightBack() {
  const back = await startTestBack({ resources: KINDS })
  await ensureFlowControl(back.client)
  const limited = { nominalConcurrencyShares: 1, limitResponse: { type: "Reject" }, borrowingLimitPercent: 0 }
  const level = { metadata: { name: "tight" }, spec: { type: "Limited", limited } }
  await back.client.of(PriorityLevelConfiguration).create(level)
  await back.client.of(FlowSchema).create({
    metadata: { name: "writers" },
    spec: {
      priorityLevelConfiguration: { name: "tight" },
      matchingPrecedence: 1000,
      rules: [
        {
          subjects: [{ kind: "Group", group: { name: "*" } }],
          resourceRules: [{ verbs: ["create"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }],
        },
      ],
    },
  })
  return back
}

test("a level without places refuses in plain text, and other levels go on", async () => {
  const back = await tightBack()
  const registry = new MetricsRegistry()
  const metrics = createFlowControlMetrics(registry, () => flowControl.levels())
  const { reader } = back.server
  const flowControl = createFlowControl({
    reader,
    clock: platform.clock,
    seats: 10,
    loadOf: () => undefined,
    metrics,
  })
  const first = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  const answer: ApiResult = { type: "value", code: 200, value: {} }
  const server = await startTestServer(
    async (call) => {
      if (call.info.verb === "create") {
        began.resolve()
        await first.promise
      }
      return answer
    },
    { flowControl },
  )
  try {
    const path = "/api/v1/namespaces/n/configmaps"
    const body = JSON.stringify(served("c").object)
    // Administrators are exempt.
    const headers = { "impersonate-user": "jane" }
    const write = () => sendH1(server, { method: "POST", path, body, headers })
    const running = write()
    await began.promise
    const refused = await write()
    assert.deepEqual([refused.code, refused.body], [429, "Too many requests, please try again later.\n"])
    assert.equal(refused.headers["retry-after"], "1")
    const uidOf = (name: string) => reader.get(PriorityLevelConfiguration, "", name)?.metadata.uid
    assert.equal(refused.headers["x-kubernetes-pf-prioritylevel-uid"], uidOf("tight"))
    const read = await sendH1(server, { path, headers })
    assert.equal(read.code, 200)
    assert.notEqual(read.headers["x-kubernetes-pf-prioritylevel-uid"], uidOf("tight"))
    first.resolve()
    assert.equal((await running).code, 200)
    assert.equal((await write()).code, 200)
    assert.match(
      registry.render(),
      /apiserver_flowcontrol_rejected_requests_total\{.*priority_level="tight".*reason="concurrency-limit".*\} 1/,
    )
  } finally {
    first.resolve()
    await server.close()
    await back.close()
  }
})

test("a schema says whether its level exists", async () => {
  const back = await startTestBack({ resources: KINDS })
  const schemas = back.client.of(FlowSchema)
  const conditions = async () => {
    await reportDangling(back.server.reader, back.client, back.platform)
    const { status } = await schemas.get({ name: "s" })
    return status?.conditions?.map(({ status: is, reason, message }) => [is, reason, message])
  }
  const spec = { priorityLevelConfiguration: { name: "later" }, matchingPrecedence: 500 }
  await schemas.create({ metadata: { name: "s" }, spec })
  const about = 'This FlowSchema references the PriorityLevelConfiguration object named "later"'
  assert.deepEqual(await conditions(), [["True", "NotFound", `${about} but there is no such object`]])
  const limited = { limitResponse: { type: "Reject" } }
  await createClient(back.transport, { fieldManager: "t" })
    .of(PriorityLevelConfiguration)
    .create({ metadata: { name: "later" }, spec: { type: "Limited", limited } })
  assert.deepEqual(await conditions(), [["False", "Found", `${about} and it exists`]])
  await back.close()
})
