import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { createNodePlatform } from "../../src/platform/node/platform.ts"
import { runPool } from "./pool.ts"
import { type Outcome, STEPS_DEFAULT, simulate } from "./simulate.ts"
import { work } from "./worker.ts"

const USAGE = `Usage: npm run sim -- [--seeds N] [--from SEED] [--steps N] [--jobs N]
       npm run sim -- --seed SEED [--steps N] [--show PATTERN]

Runs clusters in this machine's memory, with random workloads and random faults, and checks what must always hold.
The same seed does the same. Exits with 1 when a rule is broken.

  --seeds N    how many seeds (default 100)
  --from SEED  the first of them (default 1)
  --seed SEED  only this one, telling all that happens
  --show PATTERN  with --seed: every change of objects whose key matches this regular expression
  --steps N    how much is done in each (default ${STEPS_DEFAULT})
  --jobs N     how many at the same time (default: one for each processor)
`
/** Every so many seeds, one is run again in another process, which must come to the same history. */
const AGAIN_EVERY = 25
/** How much of what was done is told about a seed that fails. */
const LINES_TOLD = 15
const PROGRESS_EVERY = 50

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    steps: { type: "string", default: String(STEPS_DEFAULT) },
    jobs: { type: "string", default: String(availableParallelism()) },
    show: { type: "string" },
    work: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
})

const count = (name: "seeds" | "from" | "seed" | "steps" | "jobs"): number => {
  const text = values[name] ?? ""
  if (/^\d{1,9}$/.test(text)) return Number(text)
  process.stderr.write(`found --${name} ${JSON.stringify(text)}, expected a whole number\n\n${USAGE}`)
  process.exit(2)
}

if (values.help) process.stdout.write(USAGE)
else if (values.work) await work(count("steps"))
else if (values.seed !== undefined) await replay(count("seed"), count("steps"), values.show)
else await runAll(count("from"), count("seeds"), count("steps"), Math.max(1, count("jobs")))

async function replay(seed: number, steps: number, show: string | undefined): Promise<void> {
  const pattern = show === undefined ? undefined : new RegExp(show)
  const outcome = await simulate(seed, steps, (history) => {
    for (const { deleted, key, revision, value } of history) {
      if (pattern?.test(key)) process.stdout.write(`r${revision} ${key} ${deleted ? "is gone" : value}\n`)
    }
  })
  process.stdout.write(`${outcome.log.join("\n")}\n${summary(outcome)}, history ${outcome.digest}\n`)
  if (outcome.failure !== undefined) process.exitCode = 1
}

async function runAll(from: number, seeds: number, steps: number, jobs: number): Promise<void> {
  const platform = createNodePlatform()
  const startMs = platform.clock.monotonicMs()
  const first = new Map<number, Outcome>()
  const failed = new Set<number>()
  let revisions = 0
  const onOutcome = (outcome: Outcome) => {
    const { digest, seed } = outcome
    const before = first.get(seed)
    revisions += outcome.revisions
    const differs = before !== undefined && before.digest !== digest
    const found = differs ? { ...outcome, failure: "the second run of the same seed has another history" } : outcome
    if (before === undefined) first.set(seed, { ...outcome, log: [] })
    if (found.failure !== undefined && !failed.has(seed)) {
      failed.add(seed)
      process.stdout.write(`${told(found, steps)}\n`)
    }
    if (before === undefined && first.size % PROGRESS_EVERY === 0) {
      const seconds = Math.round((platform.clock.monotonicMs() - startMs) / 1000)
      process.stdout.write(
        `${first.size} of ${seeds} seeds, ${failed.size} failed, ${revisions} changes, ${seconds} s\n`,
      )
    }
  }
  const args = [...process.execArgv, fileURLToPath(import.meta.url), "--work", "--steps", String(steps)]
  await runPool({ platform, jobs, args, seeds: order(from, seeds), onOutcome })
  process.stdout.write(
    `${first.size} seeds: ${failed.size === 0 ? "all rules kept" : `failed: ${[...failed].join(", ")}`}\n`,
  )
  if (failed.size > 0) process.exitCode = 1
}

/** A seed that is run again comes after so many others that, most likely, another process takes it. */
function* order(from: number, seeds: number): Iterable<number> {
  for (let index = 0; index < seeds; index++) {
    yield from + index
    if (index % AGAIN_EVERY === 1) yield from + index - 1
  }
}

function told(outcome: Outcome, steps: number): string {
  const more = steps === STEPS_DEFAULT ? "" : ` --steps ${steps}`
  const replayed = `replay: npm run sim -- --seed ${outcome.seed}${more}`
  return [...outcome.log.slice(-LINES_TOLD), summary(outcome), replayed, ""].join("\n")
}

function summary({ failure, revisions, seed }: Outcome): string {
  return `seed ${seed}: ${failure === undefined ? "all rules kept" : `FAILED: ${failure}`} (${revisions} changes)`
}
