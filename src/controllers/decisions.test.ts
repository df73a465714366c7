import assert from "node:assert/strict"
import { test } from "node:test"
import { Pod } from "../api/core/v1/pod.ts"
import type { Client } from "../client/client.ts"
import { DecisionLog, type Trigger, Triggers } from "./decisions.ts"
import { pod } from "./testing.ts"

function setUp() {
  let nowMs = 0
  const log = new DecisionLog({ nowMs: () => ++nowMs })
  const never = () => Promise.reject(new Error("refused"))
  const plain = {
    create: async () => pod("web-1"),
    patch: async () => pod("web-1"),
    delete: never,
  }
  const client = log.noting({ of: () => plain, raw: { get: never, post: never, put: never } } as unknown as Client)
  const said: string[] = []
  const events = log.overhearing({
    record: (_, __, reason) => void said.push(reason),
    flushed: () => Promise.resolve(),
  })
  return { client, events, log, said }
}
const added: Trigger = { resource: Pod, change: { type: "added", object: pod("web-0") } }
const metadata = { namespace: "default", generateName: "web-" }

test("a deed is noted with its cause, what was said about it, and the name that the server gave", async () => {
  const { client, events, log, said } = setUp()
  await log.during("c", "default/web", [added], async () => {
    await client.of(Pod).create({ metadata, spec: { containers: [{ name: "main" }] } })
    events.record(pod("web-0"), "Normal", "Done", "made one")
  })
  assert.deepEqual(log.about({ name: "web-1" }), [
    {
      controller: "c",
      key: "default/web",
      verb: "create",
      resource: "pods",
      namespace: "default",
      name: "web-1",
      because: ["Pod default/web-0 added"],
      said: ["Done: made one"],
      count: 1,
      firstMs: 1,
      lastMs: 1,
    },
  ])
  assert.deepEqual(said, ["Done"])
  assert.equal(log.about({ namespace: "default", name: "web" }).length, 1, "it was done for the key, too")
  assert.equal(log.about({ namespace: "default", name: "other" }).length, 0)
})

test("a deed that fails is noted with the reason, and the failure goes on", async () => {
  const { client, log } = setUp()
  const key = { namespace: "default", name: "web-1" }
  await assert.rejects(
    log.during("c", "k", [], () => client.of(Pod).delete(key)),
    /refused/,
  )
  assert.deepEqual(
    log.about(key).map(({ failure, verb }) => [verb, failure]),
    [["delete", "refused"]],
  )
})

test("the same deed again raises the count; looks at the same time are told apart", async () => {
  const { client, log } = setUp()
  const patch = (key: string) =>
    log.during("c", key, [], async () => {
      await client.of(Pod).patch({ namespace: "default", name: "web-1" }, {}, { type: "merge", subresource: "status" })
    })
  await Promise.all([patch("a"), patch("b"), patch("a")])
  assert.deepEqual(
    log.about({ resource: "pods" }).map(({ count, key, subresource }) => [key, subresource, count]),
    [
      ["b", "status", 1],
      ["a", "status", 2],
    ],
  )
})

test("what is written outside of any look is nobody's decision", async () => {
  const { client, log } = setUp()
  await client.of(Pod).create({ metadata, spec: { containers: [{ name: "main" }] } })
  assert.deepEqual(log.about({}), [])
})

test("deeds are forgotten, the oldest first", async () => {
  const { client, log } = setUp()
  for (let index = 0; index < 5000; index++) {
    await log.during("c", `k${index}`, [], () => client.of(Pod).patch({ name: `p${index}` }, {}, { type: "merge" }))
  }
  const left = log.about({})
  assert.deepEqual([left.length, left[0]?.name, left.at(-1)?.name], [4096, "p904", "p4999"])
})

test("of many changes the last few are remembered, until the key is looked at", () => {
  const triggers = new Triggers()
  const change = (name: string): Trigger => ({ resource: Pod, change: { type: "added", object: pod(name) } })
  for (const trigger of ["a", "b", "c", "d", "e"].map(change)) {
    triggers.add("k", trigger)
    triggers.add("k", trigger)
  }
  assert.deepEqual(
    triggers.take("k").map((trigger) => trigger.change.object.metadata.name),
    ["b", "c", "d", "e"],
  )
  assert.deepEqual(triggers.take("k"), [])
})
