import assert from "node:assert/strict"
import { test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { examineRules } from "./rule-checks.ts"

const skip = process.getuid?.() === 0 ? false : "needs root: asks the kernel about rules"

test("this kernel has what our rules need, and is not changed by the question", { skip }, async () => {
  const { processes } = createNodePlatform()
  assert.deepEqual(await examineRules(processes), [
    { state: "good", about: "rules", text: "nftables has all that is needed" },
  ])
  const { stdout } = await processes.run("nft", ["list", "tables"])
  assert.doesNotMatch(stdout, /gantry-doctor/)
})

test("what nftables refuses is named with its cost and its module", { skip }, async () => {
  const { processes } = createNodePlatform()
  const run: typeof processes.run = async (file, args, options) => {
    const isLacking = /numgen|table bridge/.test(String(options?.input))
    return isLacking ? processes.run("false", []) : processes.run(file, args, options)
  }
  assert.deepEqual(await examineRules({ run }), [
    {
      state: "missing",
      about: "rules",
      text: "nftables has no numgen here: services cannot choose between endpoints",
      fix: "load it with modprobe nft_numgen, or use another kernel",
    },
    {
      state: "limited",
      about: "rules",
      text: "nftables has no bridge here: pods that may send raw frames can pass for others",
      fix: "load it with modprobe nf_tables_bridge, or use another kernel",
    },
  ])
})
