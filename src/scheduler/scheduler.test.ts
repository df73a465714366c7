import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { builtinResources } from "../api/all.ts"
import { Event } from "../api/core/v1/event.ts"
import { Namespace } from "../api/core/v1/namespace.ts"
import { Node } from "../api/core/v1/node.ts"
import { Pod } from "../api/core/v1/pod.ts"
import { startTestBack } from "../apiserver/resources/testing.ts"
import { createEventRecorder } from "../client/event-recorder.ts"
import { DEFAULT_SCHEDULER_NAME, defaultConfig } from "./config/default-config.ts"
import { pluginRegistry } from "./plugins/registry.ts"
import { startScheduler } from "./scheduler.ts"

/** A scheduler with nodes of four cores each, before a real API on virtual time, without kubelets. */
async function start(t: TestContext, nodes: readonly string[]) {
  const back = await startTestBack({ resources: builtinResources })
  const { client, platform } = back
  const abort = new AbortController()
  await client.of(Namespace).create({ metadata: { name: "default" } })
  for (const name of nodes) {
    await client.of(Node).create({ metadata: { name }, status: { allocatable: { cpu: "4", pods: "110" } } })
  }
  const events = createEventRecorder({ client, component: DEFAULT_SCHEDULER_NAME, platform })
  const scheduler = startScheduler({
    client,
    platform,
    events,
    config: defaultConfig,
    registry: pluginRegistry,
    signal: abort.signal,
  })
  t.after(async () => {
    abort.abort()
    await back.close()
  })
  await platform.advance(0)
  await scheduler.ready
  const key = (name: string) => ({ name, namespace: "default" })
  const pods = client.of(Pod)
  const advance = async (ms: number) => {
    await platform.advance(ms)
    await events.flushed()
  }
  return {
    advance,
    pod: (name: string) => pods.get(key(name)),
    remove: (name: string) => pods.delete(key(name), { gracePeriodSeconds: 0 }),
    create: async (name: string, priority: number, cpu: string, more: object = {}) => {
      const containers = [{ name: "main", image: "app", resources: { requests: { cpu } } }]
      const created = await pods.create({ metadata: key(name), spec: { containers, priority, ...more } })
      await advance(0)
      return created
    },
    told: async (name: string) => {
      const { items } = await client.of(Event).list({ namespace: "default" })
      const about = items.filter((event) => event.involvedObject.name === name)
      const revision = ({ metadata }: Event) => Number(metadata.resourceVersion)
      return about.sort((a, b) => revision(a) - revision(b)).map(({ reason, message }) => [reason, message])
    },
  }
}

test("a pod of higher priority takes the place of a lower one, once that has left", async (t) => {
  const cluster = await start(t, ["n1"])
  await cluster.create("low", 0, "3")
  const { metadata } = await cluster.create("high", 1000, "3")
  const victim = await cluster.pod("low")
  assert.notEqual(victim.metadata.deletionTimestamp, undefined)
  const target = victim.status.conditions?.find(({ type }) => type === "DisruptionTarget")
  assert.deepEqual(
    [target?.status, target?.reason, target?.message],
    ["True", "PreemptionByScheduler", "default-scheduler: preempting to accommodate a higher priority pod"],
  )
  assert.deepEqual(await cluster.told("low"), [
    ["Scheduled", "Successfully assigned default/low to n1"],
    ["Preempted", `Preempted by pod ${metadata.uid} on node n1`],
  ])
  const waiting = await cluster.pod("high")
  assert.deepEqual([waiting.spec.nodeName, waiting.status.nominatedNodeName], [undefined, "n1"])
  await cluster.create("opportunist", 0, "2")
  await cluster.remove("low")
  await cluster.advance(1000)
  const placed = await cluster.pod("high")
  assert.deepEqual([placed.spec.nodeName, placed.status.nominatedNodeName], ["n1", undefined])
  await cluster.advance(10_000)
  assert.equal((await cluster.pod("opportunist")).spec.nodeName, undefined)
})

test("room made for a pod is not given to a lower one in between", async (t) => {
  const cluster = await start(t, ["n1"])
  await cluster.create("low", 0, "3")
  await cluster.create("high", 1000, "3")
  await cluster.remove("low")
  await cluster.create("opportunist", 0, "2")
  const { nodeName } = (await cluster.pod("opportunist")).spec
  assert.equal(nodeName, undefined)
})

test("a deleted pod gives up the room that was made for it", async (t) => {
  const cluster = await start(t, ["n1"])
  await cluster.create("low", 0, "3")
  await cluster.create("high", 1000, "3")
  await cluster.remove("low")
  await cluster.create("opportunist", 0, "2")
  await cluster.remove("high")
  await cluster.advance(1000)
  assert.equal((await cluster.pod("opportunist")).spec.nodeName, "n1")
})

test("a pod whose room is taken by a more important one no longer has a node in view", async (t) => {
  const cluster = await start(t, ["n1"])
  await cluster.create("low", 0, "2")
  await cluster.create("steady", 500, "2")
  await cluster.create("high", 1000, "2")
  await cluster.create("highest", 2000, "4")
  const views = await Promise.all(["high", "highest"].map(cluster.pod))
  assert.deepEqual(
    views.map(({ status }) => status.nominatedNodeName),
    [undefined, "n1"],
  )
})

test("a pod that never preempts says so and leaves others alone", async (t) => {
  const cluster = await start(t, ["n1"])
  await cluster.create("low", 0, "3")
  await cluster.create("polite", 1000, "3", { preemptionPolicy: "Never" })
  assert.deepEqual(await cluster.told("polite"), [
    [
      "FailedScheduling",
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
    ],
  ])
  assert.equal((await cluster.pod("low")).metadata.deletionTimestamp, undefined)
})
