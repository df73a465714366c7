import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { parseFieldSelector } from "../../machinery/selectors/field-selector.ts"
import { isExpired } from "../../machinery/status/predicates.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import type { ServedEvent } from "../call.ts"
import { CachedObject, toStoredBytes } from "./cached-object.ts"
import { Lane } from "./lane.ts"
import { WatchCache } from "./watch-cache.ts"
import { CacheWatcher } from "./watcher.ts"

const PREFIX = "/registry/configmaps/"

interface Taker {
  readonly seen: readonly [string[], string[]]
  gate: PromiseWithResolvers<boolean>
}

function start(indexed: readonly string[], eventsKept?: number) {
  const cache = new WatchCache(ConfigMap, indexed, eventsKept)
  cache.load([], 1)
  return {
    cache,
    put(name: string, revision: number) {
      const metadata = {
        name,
        namespace: "d",
        uid: name,
        resourceVersion: "",
        creationTimestamp: "2026-01-01T00:00:00Z",
      }
      const stored = toStoredBytes(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
      const key = `${PREFIX}d/${name}`
      cache.apply(key, revision, new CachedObject(ConfigMap, key, revision, stored))
    },
    delete: (name: string, revision: number) => cache.apply(`${PREFIX}d/${name}`, revision, undefined),
    watch: (name: string, fromRevision: number) =>
      new CacheWatcher(cache, {
        selection: { prefix: PREFIX, fields: parseFieldSelector(`metadata.name=${name}`) },
        fromRevision,
        initial: [],
        endOfInitialEvents: false,
        bookmarks: false,
        signal: new AbortController().signal,
        reached: () => 0,
        onEnd: () => undefined,
      }),
  }
}

test("whoever looks at one value of an indexed field sees what looking at everything would show", async () => {
  const { random } = createSimPlatform({ seed: 3 })
  const both = [start(["metadata.name"]), start([])] as const
  const takers: Taker[] = []
  const over: Promise<void>[] = []
  for (let revision = 2; revision < 3000; revision++) {
    const name = `c${random.int(5)}`
    for (const each of both) {
      if (revision % 4 === 0) each.delete(name, revision)
      else each.put(name, revision)
    }
    const chance = random.int(20)
    if (chance === 0) {
      const taker: Taker = { seen: [[], []], gate: Promise.withResolvers<boolean>() }
      const from = Math.max(1, revision - random.int(30))
      takers.push(taker)
      for (const [index, each] of both.entries()) {
        const take = ({ type, served }: ServedEvent) => {
          taker.seen[index]?.push(`${type} ${served.object.metadata.resourceVersion}`)
          return taker.gate.promise
        }
        over.push(each.watch(name, from).pump(take))
      }
    }
    // Some take the next one, and then wait again.
    for (const taker of chance < 5 ? takers : []) {
      if (random.int(3) > 0) continue
      taker.gate.resolve(true)
      taker.gate = Promise.withResolvers<boolean>()
    }
    if (chance === 1) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const { cache } of both) cache.finishAll()
  for (const { gate } of takers) gate.resolve(true)
  for (const taker of takers) taker.gate = { ...taker.gate, promise: Promise.resolve(true) }
  await Promise.all(over)
  for (const { seen } of takers) assert.deepEqual(seen[0], seen[1])
  assert.ok(takers.reduce((sum, { seen }) => sum + seen[0].length, 0) > 1000)
})

test("what happens elsewhere makes nobody list again, but what was missed does", async () => {
  const { put, watch } = start(["metadata.name"], 4)
  put("mine", 2)
  const [watcher, late] = [watch("mine", 2), watch("mine", 2)]
  for (let revision = 3; revision < 20; revision++) put("other", revision)
  const pending = watcher.next()
  put("mine", 20)
  assert.equal((await pending).value?.served.object.metadata.resourceVersion, "20")
  for (let revision = 21; revision < 40; revision++) put("other", revision)
  await assert.rejects(late.next(), isExpired)
})

test("loading again ends the watches of single values, too", async () => {
  const { cache, watch } = start(["metadata.name"])
  const pending = watch("mine", 1).next()
  cache.load([], 9)
  await assert.rejects(pending, isExpired)
})

test("a lane forgets old places, but not that there were some", () => {
  const lane = new Lane(0)
  for (let place = 0; place < 3000; place++) lane.note(place * 2, Math.max(0, place * 2 - 100))
  assert.equal(lane.skip(5997, 6000), 5998)
  assert.equal(lane.skip(5999, 6000), 6000)
  assert.equal(lane.skip(5901, 6000), 5902)
  // Far behind: it finds a place that is not kept any more.
  assert.ok(lane.skip(10, 6000) < 5900)
})
