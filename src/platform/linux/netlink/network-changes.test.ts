import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { openNetworkChanges } from "./network-changes.ts"
import { createNetworkNamespace, removeNetworkNamespace } from "./network-namespace.ts"

const skip = process.getuid?.() === 0 ? false : "needs root: makes a network namespace"

test("transactions are told with the tables that they touch, and when too much was changed to tell", {
  skip,
}, async (t) => {
  const dir = mkdtempSync(`/run/gantry-test-${process.pid}-`)
  const netns = join(dir, "netns")
  createNetworkNamespace(netns)
  const nft = (input: string) => spawnSync("nsenter", [`--net=${netns}`, "nft", "-f", "-"], { input })
  const told: string[] = []
  let more = Promise.withResolvers<void>()
  const tell = (what: string) => {
    told.push(what)
    more.resolve()
  }
  const changes = openNetworkChanges(
    {
      onDevices: () => undefined,
      onRules: (tables, based) => tell(`${[...tables].join()} based: ${[...based].join(" ")}`),
      onLost: () => tell("lost"),
    },
    netns,
  )
  t.after(() => {
    changes.close()
    removeNetworkNamespace(netns)
    rmSync(dir, { recursive: true })
  })
  const next = async (input: string) => {
    more = Promise.withResolvers()
    nft(input)
    await more.promise
    return told.splice(0).join("; ")
  }

  assert.equal(await next("add table ip one\nadd table ip6 two\n"), "ip one,ip6 two based: ")
  const chain = "add chain ip one forward { type filter hook forward priority 0; policy drop; }\n"
  assert.equal(await next(chain), "ip one based: ip one,true")
  const elements = Array.from({ length: 65_536 }, (_, i) => `10.1.${i >> 8}.${i & 0xff}`).join()
  assert.equal(await next(`add set ip one many { type ipv4_addr; elements = { ${elements} }; }\n`), "lost")
  assert.equal(await next("delete table ip6 two\n"), "ip6 two based: ")
})
