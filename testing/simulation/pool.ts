import { createInterface } from "node:readline"
import type { Platform } from "../../src/platform/platform.ts"
import type { ChildHandle } from "../../src/platform/processes.ts"
import type { Outcome } from "./simulate.ts"

export interface PoolOptions {
  readonly platform: Pick<Platform, "clock" | "processes">
  /** How many processes work side by side. */
  readonly jobs: number
  /** Arguments of each, after the program's own name. */
  readonly args: readonly string[]
  /** In the order in which they are begun. A seed may come more than once. */
  readonly seeds: Iterable<number>
  readonly onOutcome: (outcome: Outcome) => void
}

/** A simulation that takes this long in real time has lost itself. */
const LIMIT_MS = 180_000

/** Simulates every seed in processes of their own, each of which takes the next one when it is done. */
export async function runPool(options: PoolOptions): Promise<void> {
  const seeds = options.seeds[Symbol.iterator]()
  await Promise.all(Array.from({ length: options.jobs }, () => runWorkers(options, seeds)))
}

async function runWorkers(options: PoolOptions, seeds: Iterator<number>): Promise<void> {
  const { clock, processes } = options.platform
  let worker: Worker | undefined
  for (let next = seeds.next(); next.done !== true; next = seeds.next()) {
    worker ??= new Worker(processes.spawn(process.execPath, options.args, { stdio: ["pipe", "pipe", "inherit"] }))
    const seed = next.value
    const current = worker
    const timer = clock.after(LIMIT_MS, () => current.kill())
    const outcome = await current.simulate(seed)
    timer.cancel()
    if (outcome === undefined) worker = undefined
    options.onOutcome(outcome ?? lost(seed))
  }
  worker?.kill()
}

class Worker {
  readonly #child: ChildHandle
  readonly #lines: AsyncIterator<string>

  constructor(child: ChildHandle) {
    if (child.stdout === null) throw new TypeError("expected a process whose output can be read")
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** Undefined when the process ends instead. */
  async simulate(seed: number): Promise<Outcome | undefined> {
    this.#child.stdin?.write(`${seed}\n`)
    const line = await this.#lines.next()
    return line.done === true ? undefined : (JSON.parse(line.value) as Outcome)
  }

  kill(): void {
    this.#child.kill("SIGKILL")
  }
}

const lost = (seed: number): Outcome => ({
  seed,
  log: [],
  failure: `the process ended, or was still busy after ${LIMIT_MS / 1000} s`,
  digest: "",
  revisions: 0,
})
