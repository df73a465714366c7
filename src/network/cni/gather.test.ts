import assert from "node:assert/strict"
import { test } from "node:test"
import { gather } from "./gather.ts"

test("what comes while work is under way is done together, and a failure is told to those it concerns", async () => {
  const rounds: { readonly all: readonly string[]; readonly end: PromiseWithResolvers<void> }[] = []
  const add = gather<string>((all) => {
    const end = Promise.withResolvers<void>()
    rounds.push({ all, end })
    return end.promise
  })
  const first = [add("a"), add("b")]
  await Promise.resolve()
  const second = [add("c"), add("d")]
  await Promise.resolve()
  assert.deepEqual(
    rounds.map(({ all }) => all),
    [["a", "b"]],
  )
  rounds[0]?.end.reject(new Error("busy"))
  for (const one of first) await assert.rejects(one, /busy/)
  assert.deepEqual(rounds[1]?.all, ["c", "d"])
  rounds[1]?.end.resolve()
  await Promise.all(second)
  const third = add("e")
  await Promise.resolve()
  rounds[2]?.end.resolve()
  await third
  assert.deepEqual(rounds[2]?.all, ["e"])
})
