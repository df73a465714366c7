import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createNetworkNamespace, removeNetworkNamespace } from "./network-namespace.ts"
import { readChains, readSets } from "./ruleset.ts"

const skip = process.getuid?.() === 0 ? false : "needs root: makes a network namespace"

const RULES = `table ip one {
  set plain { type ipv4_addr; }
  set timed { type ipv4_addr; flags dynamic,timeout; timeout 1m; }
  map values { type ipv4_addr : verdict; }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ip saddr { 10.0.0.1, 10.0.0.2 } accept
  }
  chain other { }
}
table inet two {
  chain input { type filter hook input priority 0; policy accept; }
}
`

test("chains and sets are read as nft lists them", { skip }, (t) => {
  const dir = mkdtempSync(`/run/gantry-test-${process.pid}-`)
  const netns = join(dir, "netns")
  createNetworkNamespace(netns)
  t.after(() => {
    removeNetworkNamespace(netns)
    rmSync(dir, { recursive: true })
  })
  assert.deepEqual(readChains(netns), [])
  spawnSync("nsenter", [`--net=${netns}`, "nft", "-f", "-"], { input: RULES })
  const byName = (one: { readonly name: string }, other: { readonly name: string }) => (one.name < other.name ? -1 : 1)
  assert.deepEqual(readChains(netns).toSorted(byName), [
    { family: "ip", table: "one", name: "forward", hook: "forward", drops: true, isEmpty: false },
    { family: "inet", table: "two", name: "input", hook: "input", drops: false, isEmpty: true },
    { family: "ip", table: "one", name: "other", hook: undefined, drops: undefined, isEmpty: true },
  ])
  assert.deepEqual(readSets(netns).toSorted(byName), [
    { family: "ip", table: "one", name: "plain" },
    { family: "ip", table: "one", name: "timed" },
  ])
})
