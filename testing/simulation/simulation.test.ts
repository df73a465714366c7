import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { createNodePlatform } from "../../src/platform/node/platform.ts"
import { runPool } from "./pool.ts"
import { type Outcome, STEPS_DEFAULT } from "./simulate.ts"

const SEEDS = 20
const ARGS = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "main.ts"), "--work", "--steps"]

async function outcomes(seeds: readonly number[], jobs: number, steps: number): Promise<Outcome[]> {
  const found: Outcome[] = []
  const platform = createNodePlatform()
  const args = [...ARGS, String(steps)]
  await runPool({ platform, jobs, args, seeds, onOutcome: (outcome) => found.push(outcome) })
  return found.sort((a, b) => a.seed - b.seed)
}

test("clusters keep every rule under random work and random faults", async () => {
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1)
  const found = await outcomes(seeds, availableParallelism(), STEPS_DEFAULT)
  assert.deepEqual(
    found.map(({ failure, seed }) => ({ seed, failure })),
    seeds.map((seed) => ({ seed, failure: undefined })),
  )
})

test("the same seed has the same history in every process, and another seed another one", async () => {
  const first = await outcomes([3, 4], 1, 15)
  const [again] = await outcomes([4], 1, 15)
  assert.equal(first[1]?.digest, again?.digest)
  assert.deepEqual(first[1]?.log, again?.log)
  assert.notEqual(first[0]?.digest, first[1]?.digest)
})
