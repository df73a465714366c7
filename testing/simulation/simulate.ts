import { createHash } from "node:crypto"
import { CronJob } from "../../src/api/batch/v1/cron-job.ts"
import { Job } from "../../src/api/batch/v1/job.ts"
import { Node } from "../../src/api/core/v1/node.ts"
import { Pod } from "../../src/api/core/v1/pod.ts"
import type { HistoryEntry } from "../history.ts"
import { startCluster } from "../start-cluster.ts"
import type { TestCluster } from "../test-cluster.ts"
import { createChance } from "./chance.ts"
import { follow } from "./followers.ts"
import { broken } from "./invariant.ts"
import { allInvariants } from "./invariants/all.ts"
import { unfinished } from "./invariants/converged.ts"
import { Simulation } from "./simulation.ts"
import type { Step } from "./step.ts"
import { optionalSteps, workloadSteps } from "./steps/all.ts"

export interface Outcome {
  readonly seed: number
  /** What was done, one line each. */
  readonly log: readonly string[]
  /** Absent: every rule was kept. */
  readonly failure?: string
  /** The hash of the whole history: the same for the same seed and number of steps. */
  readonly digest: string
  readonly revisions: number
}

export const STEPS_DEFAULT = 40

/** Runs one simulation to its end, or to the first rule that is broken. `tell` gets all that was stored. */
export async function simulate(
  seed: number,
  steps = STEPS_DEFAULT,
  tell: (history: readonly HistoryEntry[]) => void = () => undefined,
): Promise<Outcome> {
  const chance = createChance(seed)
  const nodes = Array.from({ length: chance.between(1, 3) }, () => ({ cpu: chance.between(1, 4) }))
  await using cluster = await startCluster({ seed, nodes })
  const stop = new AbortController()
  const watch = { client: cluster.client, clock: cluster.platform.clock, signal: stop.signal, resource: Pod }
  const followers = [follow(watch), follow({ ...watch, label: ["app", "deployment-1"] })]
  const sim = new Simulation(cluster, chance, [...allInvariants(), ...followers])
  const failure = await run(sim, steps).then(
    () => undefined,
    (error: Error) => error.message,
  )
  stop.abort()
  const history = await cluster.history()
  tell(history)
  const revisions = history.at(-1)?.revision ?? 0
  return { seed, log: sim.log, digest: digestOf(history), revisions, ...(failure !== undefined && { failure }) }
}

/** How containers behave that end by themselves. */
function stageTasks({ nodes }: TestCluster): void {
  nodes.stage({ image: "task:fast" }, { exit: { code: 0, after: "2s" } })
  nodes.stage({ image: "task:slow" }, { exit: { code: 0, after: "40s" } })
  nodes.stage({ image: "task:flaky" }, { exit: { code: 1, after: "3s" } })
  nodes.stage({ image: "init:2" }, { exit: { code: 0, after: "4s" } })
}

async function run(sim: Simulation, steps: number): Promise<void> {
  stageTasks(sim.cluster)
  const own = [...workloadSteps, ...optionalSteps.flatMap((group) => (sim.chance.happens(0.6) ? group : []))]
  await sim.observe()
  for (let count = 0; count < steps; count++) {
    const step = sim.chance.weighted(own, ({ weight, withoutServer }) => (sim.serverRuns || withoutServer ? weight : 0))
    if (step !== undefined) await take(sim, step)
    await pass(sim)
  }
  await end(sim)
}

async function take(sim: Simulation, step: Step): Promise<void> {
  const at = sim.cluster.clock.now.toISOString().slice(11, 19)
  const place = sim.log.push(`${at} ${step.name} …`)
  const text = await step.run(sim)
  if (text === undefined) sim.log.pop()
  else sim.log[place - 1] = `${at} r${sim.revision} ${text}`
  await sim.observe()
}

/** Some time passes: none, a little, or as much as is needed. */
async function pass(sim: Simulation): Promise<void> {
  const { chance, cluster } = sim
  const ms = chance.one(0, 0, chance.between(1, 900), chance.between(1, 90) * 1000, 0)
  if (ms > 0) await cluster.clock.advance(ms)
  if (chance.happens(0.5)) await rest(sim)
  await sim.observe()
}

async function rest(sim: Simulation): Promise<void> {
  await sim.cluster.settled()
  await sim.observe()
  if (!sim.isWhole) return
  sim.log.push(`${sim.cluster.clock.now.toISOString().slice(11, 19)} r${sim.revision} at rest`)
  sim.rest(unfinished(sim.record).length === 0)
}

/** Longer than rollouts may take and nodes may be silent by default. */
const DEADLINES = "11m"
const HEAL_LIMIT = "30m"

/** Puts everything right, gives it time, and sees what comes of it. */
async function end(sim: Simulation): Promise<void> {
  const { cluster } = sim
  sim.log.push(`${cluster.clock.now.toISOString().slice(11, 19)} r${sim.revision} everything is put right`)
  cluster.faults.clear()
  for (const relief of sim.reliefs.splice(0)) relief()
  for (const component of sim.down) if (!component.startsWith("kubelet/")) await sim.restart(component)
  for (const component of sim.down) await sim.restart(component)
  await cluster.nodes.add({ name: "spacious", cpu: 1000, pods: 1000 })
  await sim.observe()
  await sim.wait(openNodes(sim))
  await sim.wait(endJobs(sim))
  for (const pod of sim.record.list<Pod>("pods")) {
    if (pod.status.phase === "Running") makeReady(cluster, pod)
  }
  await cluster.clock.advance(DEADLINES)
  await rest(sim)
  await cluster.clock
    .advanceUntil(async () => {
      await sim.observe()
      return unfinished(sim.record).length === 0
    }, HEAL_LIMIT)
    .catch(() => undefined)
  await rest(sim)
  sim.end()
  await stayQuiet(sim)
}

function makeReady(cluster: TestCluster, pod: Pod): void {
  for (const { name } of pod.spec.containers) {
    try {
      cluster.pods.setReady(pod, true, name)
    } catch {
      // It has ended meanwhile, and will be ready when it starts again.
    }
  }
}

async function openNodes({ client, record }: Simulation): Promise<void> {
  for (const { metadata, spec } of record.list<Node>("nodes")) {
    const taints = (spec.taints ?? []).filter(({ key }) => key !== "sim")
    await client.of(Node).patch({ name: metadata.name }, { spec: { unschedulable: null, taints } }, { type: "merge" })
  }
}

/** Those that never end by themselves are given up. */
async function endJobs({ client, record }: Simulation): Promise<void> {
  for (const { metadata } of record.list("cronjobs.batch")) {
    const { name, namespace = "" } = metadata
    await client.of(CronJob).patch({ name, namespace }, { spec: { suspend: true } }, { type: "merge" })
  }
  for (const { metadata, spec } of record.list<Job>("jobs.batch")) {
    const { name, namespace } = metadata
    if (spec.parallelism === 0)
      await client.of(Job).patch({ name, namespace }, { spec: { parallelism: 1 } }, { type: "merge" })
  }
}

const QUIET_FOR = "5m"
/** Ends of jobs and deadlines may still come, each with a few changes. */
const WRITES_MAX = 6

/** Control loops that work though nothing happens would do so for ever. */
async function stayQuiet(sim: Simulation): Promise<void> {
  const before = sim.revision
  await sim.cluster.clock.advance(QUIET_FOR)
  const writes = new Map<string, number>()
  for (const { key } of await sim.cluster.history(before)) {
    if (HEARTBEATS.test(key)) continue
    const count = (writes.get(key) ?? 0) + 1
    if (count > WRITES_MAX) throw broken(`nothing happens, but ${key} is written again and again`)
    writes.set(key, count)
  }
}
const HEARTBEATS = /^\/registry\/(leases|nodes|events)/

function digestOf(history: readonly HistoryEntry[]): string {
  const hash = createHash("sha256")
  for (const { deleted, key, revision, value } of history) hash.update(`${revision} ${key} ${deleted}\n${value}\n`)
  return hash.digest("hex")
}
