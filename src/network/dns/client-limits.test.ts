import assert from "node:assert/strict"
import { test } from "node:test"
import { ClientLimits } from "./client-limits.ts"

test("one client's flood is cut to its rate, and does not touch another's questions", () => {
  const limits = new ClientLimits()
  let admitted = 0
  for (let i = 0; i < 50_000; i++) if (limits.admit("10.244.0.2", 0)) admitted++
  assert.equal(admitted, 20_000)
  assert.equal(limits.admit("10.244.0.3", 0), true)
  assert.equal(limits.admit("10.244.0.2", 0), false)
  assert.equal(limits.admit("10.244.0.2", 1), true)
})

test("one client holds a quarter of the places for questions that wait for servers outside", async () => {
  const limits = new ClientLimits()
  const { promise, resolve } = Promise.withResolvers<string>()
  const held = Array.from({ length: 250 }, () => limits.whileWaiting("10.244.0.2", 0, () => promise))
  assert.equal(await limits.whileWaiting("10.244.0.2", 0, () => promise), undefined)
  assert.equal(await limits.whileWaiting("10.244.0.3", 0, async () => "other"), "other")
  resolve("done")
  assert.deepEqual(new Set(await Promise.all(held)), new Set(["done"]))
  assert.equal(await limits.whileWaiting("10.244.0.2", 0, async () => "again"), "again")
})

test("many addresses are not remembered for ever, those with something to remember are", () => {
  const limits = new ClientLimits()
  for (let i = 0; i < 20_000; i++) limits.admit("10.244.0.2", 0)
  for (let i = 0; i < 10_000; i++) limits.admit(`192.0.${i >> 8}.${i & 255}`, 1)
  assert.equal(limits.admit("10.244.0.2", 0), false)
})
