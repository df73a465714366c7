import assert from "node:assert/strict"
import { test } from "node:test"
import { createNft } from "../nft.ts"
import { cannotRun, createTestBed, platform } from "../testing/namespaces.ts"
import { watchOver } from "./watch-over.ts"

test("rules are looked at when others changed some, devices always", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const netns = bed.namespace("node")
  const [ours, other] = [createNft(platform.processes, netns), createNft(platform.processes, netns)]
  const seen: string[] = []
  const controller = new AbortController()
  let now = 0
  let asleep = Promise.withResolvers<() => void>()
  const clock = {
    ...platform.clock,
    monotonicMs: () => now,
    sleep: () => new Promise<void>((wake) => asleep.resolve(wake)),
  }
  /** Lets it look once, `ms` later, and tells what it did. */
  const look = async (ms: number) => {
    const wake = await asleep.promise
    asleep = Promise.withResolvers()
    seen.length = 0
    now += ms
    wake()
    await Promise.race([asleep.promise, watching])
    return seen.join(" ")
  }
  const watching = watchOver({
    bridge: {
      writer: ours,
      repairBridge: () => seen.push("bridge"),
      async repair() {
        await ours.apply(`add table ip repaired-${now}\n`)
        seen.push("rules")
        now += 300
      },
    },
    proxy: { writers: [createNft(platform.processes, netns)], repair: async () => void seen.push("services") },
    policies: { writers: [createNft(platform.processes, netns)], repair: async () => void seen.push("policies") },
    nodeFeed: { repair: () => seen.push("tunnels") },
    clock,
    log: platform.log,
    netns,
    signal: controller.signal,
  })
  const everything = "bridge tunnels rules services policies"
  assert.equal(await look(1000), "bridge tunnels")
  await ours.apply("add table ip ours\n")
  assert.equal(await look(1000), "bridge tunnels")
  await other.apply("add table ip theirs\n")
  assert.equal(await look(1000), everything)
  await other.apply("add table ip more\n")
  assert.equal(await look(1000), "bridge tunnels")
  assert.equal(await look(6000), everything)
  assert.equal(await look(60_000), "bridge tunnels")
  controller.abort()
  await look(1000)
  await watching
})
