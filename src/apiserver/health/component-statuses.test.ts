import assert from "node:assert/strict"
import { test } from "node:test"
import { ComponentStatus } from "../../api/core/v1/component-status.ts"
import { createClient } from "../../client/typed-client.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { createInProcessTransport } from "../in-process.ts"
import { createComponentStatuses } from "./component-statuses.ts"

const warnings: string[] = []
const handle = createComponentStatuses([
  { name: "etcd-0", check: () => true },
  { name: "scheduler", check: async () => false },
  { name: "broken", check: () => Promise.reject(new Error("no answer")) },
])
const user = { name: "admin", groups: [], extra: new Map() }
const components = createClient(
  createInProcessTransport(handle, user, { warn: (text) => warnings.push(text), userAgent: "test/1.0" }),
  { fieldManager: "test" },
).of(ComponentStatus)

test("components are asked how they are", async () => {
  const { items } = await components.list({})
  assert.deepEqual(
    items.map((one) => [one.metadata.name, ...ComponentStatus.columns.map(({ value }) => value(one as never, 0))]),
    [
      ["etcd-0", "Healthy", "ok", ""],
      ["scheduler", "Unhealthy", "not healthy", ""],
      ["broken", "Unhealthy", "", "no answer"],
    ],
  )
  assert.deepEqual(warnings, ["v1 ComponentStatus is deprecated in v1.19+"])
})

test("one component, and one that does not exist", async () => {
  assert.equal((await components.get({ name: "scheduler" })).conditions?.[0]?.status, "False")
  await assert.rejects(components.get({ name: "other" }), isNotFound)
  const selected = await components.list({ fieldSelector: "metadata.name=broken" })
  assert.deepEqual(
    selected.items.map(({ metadata }) => metadata.name),
    ["broken"],
  )
  assert.equal((await components.list({ labelSelector: "a=b" })).items.length, 0)
})

test("nothing is written", async () => {
  await assert.rejects(components.create({ metadata: { name: "new" } }), /the server does not allow this method/)
})
