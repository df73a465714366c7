import type { Pod } from "../../../src/api/core/v1/pod.ts"
import { nameOf } from "../invariants/pods.ts"
import type { Simulation } from "../simulation.ts"
import type { Step } from "../step.ts"
import { some } from "./templates.ts"

/** Something happens to a container that runs, if one does. */
const happens = (name: string, weight: number, act: (sim: Simulation, pod: Pod) => string): Step => ({
  name,
  weight,
  withoutServer: true,
  async run(sim) {
    const pod = some<Pod>(sim, "pods", ({ status }) => status.phase === "Running")
    if (pod === undefined) return undefined
    try {
      const text = `${nameOf(pod)} ${act(sim, pod)}`
      sim.disturb()
      return text
    } catch {
      // What the API tells may be old: nothing runs there any more.
      return undefined
    }
  },
})

/** Behaviour that lasts until the simulation is put right. */
const lasting = (
  name: string,
  weight: number,
  set: (sim: Simulation) => readonly [string, () => void] | undefined,
): Step => ({
  name,
  weight,
  withoutServer: true,
  async run(sim) {
    const [text, undo] = set(sim) ?? []
    if (text === undefined || undo === undefined) return undefined
    sim.reliefs.push(undo)
    return text
  },
})

const image = ({ chance }: Simulation) => `web:${chance.between(1, 9)}`

export const containerSteps: readonly Step[] = [
  happens("exit", 4, ({ chance, cluster }, pod) => {
    const code = chance.one(0, 1, 137)
    cluster.pods.exit(pod, { code, ...(code === 137 && { reason: "OOMKilled" as const }) })
    return `exits with ${code}`
  }),
  happens("readiness", 4, ({ chance, cluster }, pod) => {
    const ready = chance.happens(0.5)
    cluster.pods.setReady(pod, ready)
    return `becomes ${ready ? "ready" : "unready"}`
  }),
  happens("liveness", 2, ({ cluster }, pod) => {
    cluster.pods.failLiveness(pod)
    return "fails its liveness probe"
  }),
  lasting("slow starts", 2, (sim) => {
    const match = { image: image(sim) }
    const stages = sim.chance.one<object>({ ready: "20s" }, { start: "5s" }, { pull: "15s" }, { stop: "10s" })
    return [`${match.image} is slow: ${JSON.stringify(stages)}`, sim.cluster.nodes.stage(match, stages)]
  }),
  lasting("bad images", 1, (sim) => {
    const match = { image: image(sim) }
    sim.disturb()
    const stages = sim.chance.one<object>(
      { pullError: "manifest unknown" },
      { startError: "no such file" },
      { exit: { code: 1 } },
    )
    return [`${match.image} is bad: ${JSON.stringify(stages)}`, sim.cluster.nodes.stage(match, stages)]
  }),
]
