import assert from "node:assert/strict"
import { test } from "node:test"
import { openRtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import { createNft } from "../nft.ts"
import { cannotRun, createTestBed, platform } from "../testing/namespaces.ts"
import { watchOver } from "./watch-over.ts"

test("devices are looked at when some change, rules when others touch those that matter here", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const netns = bed.namespace("node")
  const bedRun = (file: string, ...args: string[]) => bed.run(netns, file, ...args)
  const [ours, other] = [createNft(platform.processes, netns), createNft(platform.processes, netns)]
  const links = openRtnetlink(netns)
  const controller = new AbortController()
  const repairsMs: number[] = []
  const told: string[] = []
  let now = 0
  let looked = Promise.withResolvers<void>()
  let repaired = Promise.withResolvers<void>()
  const watching = watchOver({
    bridge: {
      name: "gantry",
      writer: ours,
      repairDevices() {
        looked.resolve()
        return ["a route"]
      },
      async repair() {
        await ours.apply(`add table ip gantry-${now}\n`)
        now += 300
        return ["a rule"]
      },
    },
    proxy: { writers: [createNft(platform.processes, netns)], repair: async () => [] },
    policies: {
      writers: [createNft(platform.processes, netns)],
      async repair() {
        repairsMs.push(now)
        repaired.resolve()
        return []
      },
    },
    nodeFeed: { repair: () => [] },
    clock: {
      ...platform.clock,
      monotonicMs: () => now,
      after(ms, fire) {
        const immediate = setImmediate(() => {
          if (ms >= 60_000) return
          now += ms
          fire()
        })
        return { cancel: () => clearImmediate(immediate) }
      },
      async sleep(ms) {
        now += ms
        await platform.clock.sleep(0)
      },
    },
    log: platform.log,
    netns,
    signal: controller.signal,
    onRepaired: (mended) => told.push(...mended),
  })
  const untilRepaired = async (change: string) => {
    repaired = Promise.withResolvers()
    await other.apply(change)
    await repaired.promise
  }
  const untilLooked = async (name: string) => {
    looked = Promise.withResolvers()
    links.createLink({ kind: "veth", name, peer: { name: `${name}-peer` } })
    await looked.promise
  }

  await looked.promise
  await ours.apply("add table ip gantry-ours\n")
  await other.apply("add table ip theirs\n")
  await other.apply("add chain ip theirs whatever\n")
  await other.apply("add table ip others-pods { chain c { type filter hook forward priority 0; policy accept; }; }\n")
  await other.apply(
    "add table bridge others-ports { chain c { type filter hook prerouting priority -310; policy accept; }; }\n",
  )
  await untilLooked("first")
  assert.deepEqual(repairsMs, [])

  await untilRepaired("delete table ip gantry-ours\n")
  await untilRepaired("add chain ip theirs forward { type filter hook forward priority 0; policy accept; }\n")
  await untilRepaired("add chain ip theirs forward { policy drop; }\n")
  await untilRepaired("add rule ip theirs forward tcp dport 80 accept\n")
  await other.apply("add table ip more\n")
  await untilLooked("second")
  assert.equal(repairsMs.length, 4)
  const [first = 0, second = 0] = repairsMs
  assert.ok(second - first >= 20 * 300, `looked again after ${second - first} ms`)

  looked = Promise.withResolvers()
  await bedRun("ip", "route", "add", "unreachable", "198.51.100.0/24")
  await looked.promise
  looked = Promise.withResolvers()
  await bedRun("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv4.ip_forward=1")
  await looked.promise

  controller.abort()
  await watching
  assert.equal(told.filter((what) => what === "a rule").length, repairsMs.length)
  assert.equal(told.includes("a route"), true)
  links.close()
})
