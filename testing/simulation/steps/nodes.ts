import { Node } from "../../../src/api/core/v1/node.ts"
import type { Pod } from "../../../src/api/core/v1/pod.ts"
import { nameOf } from "../invariants/pods.ts"
import type { Simulation } from "../simulation.ts"
import type { Step } from "../step.ts"
import { some } from "./templates.ts"

const NODES_MAX = 5

async function evict(sim: Simulation, pods: readonly Pod[], why: string): Promise<string> {
  sim.takeAway()
  const outcomes = await Promise.all(
    pods.map(({ metadata: { name, namespace } }) =>
      sim.ask(name, () =>
        sim.client.raw.post(`/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name, namespace },
        }),
      ),
    ),
  )
  return `${why}: ${outcomes.join(", ")}`
}

const evictPods: Step = {
  name: "evict pods",
  weight: 5,
  async run(sim) {
    const pod = some<Pod>(sim, "pods", ({ metadata }) => metadata.labels !== undefined)
    if (pod === undefined) return undefined
    const { app } = pod.metadata.labels ?? {}
    const pods = sim.record.list<Pod>("pods").filter(({ metadata }) => metadata.labels?.["app"] === app)
    return evict(sim, sim.chance.some(pods, 0.7), `evict pods of ${nameOf(pod)}`)
  },
}

const drain: Step = {
  name: "drain",
  weight: 2,
  async run(sim) {
    const node = some<Node>(sim, "nodes")
    if (node === undefined) return undefined
    const { name } = node.metadata
    const cordoned = await cordon(sim, name, true)
    const isDaemon = ({ metadata }: Pod) => metadata.ownerReferences?.some(({ kind }) => kind === "DaemonSet")
    const pods = sim.record.list<Pod>("pods").filter((pod) => pod.spec.nodeName === name && !isDaemon(pod))
    return evict(sim, pods, `drain ${cordoned}`)
  },
}

const cordon = (sim: Simulation, name: string, unschedulable: boolean): Promise<string> =>
  sim.ask(`node ${name} unschedulable ${unschedulable}`, () =>
    sim.client.of(Node).patch({ name }, { spec: { unschedulable } }, { type: "merge" }),
  )

const cordonNode: Step = {
  name: "cordon",
  weight: 2,
  async run(sim) {
    const node = some<Node>(sim, "nodes")
    return node && cordon(sim, node.metadata.name, sim.chance.happens(0.4))
  },
}

const taint: Step = {
  name: "taint",
  weight: 1,
  async run(sim) {
    const node = some<Node>(sim, "nodes")
    if (node === undefined) return undefined
    sim.disturb()
    const { name } = node.metadata
    const effect = sim.chance.one("NoSchedule", "NoExecute")
    const others = (node.spec.taints ?? []).filter(({ key }) => key !== "sim")
    const taints = sim.chance.happens(0.5) ? others : [...others, { key: "sim", effect }]
    return sim.ask(`taint ${name} ${JSON.stringify(taints)}`, () =>
      sim.client.of(Node).patch({ name }, { spec: { taints } }, { type: "merge" }),
    )
  },
}

const addNode: Step = {
  name: "add node",
  weight: 1,
  async run(sim) {
    if (sim.cluster.nodes.names.length >= NODES_MAX) return undefined
    const cpu = sim.chance.between(1, 4)
    return sim.ask(`add a node with ${cpu} cores`, () => sim.cluster.nodes.add({ cpu }))
  },
}

const powerOff: Step = {
  name: "power off",
  weight: 1,
  withoutServer: true,
  async run(sim) {
    const name = sim.chance.pick(sim.cluster.nodes.names.filter((each) => !sim.down.has(`kubelet/${each}`)))
    if (name === undefined || sim.cluster.nodes.names.length < 2) return undefined
    sim.disturb()
    sim.crashed(`kubelet/${name}`)
    await sim.cluster.nodes.powerOff(name)
    return `power off ${name}`
  },
}

const deleteNode: Step = {
  name: "delete node",
  weight: 1,
  async run(sim) {
    const node = some<Node>(sim, "nodes")
    if (node === undefined || sim.record.all("nodes").size < 2) return undefined
    sim.disturb()
    const { name } = node.metadata
    // A kubelet that runs registers again only when it starts.
    sim.crashed(`kubelet/${name}`)
    await sim.cluster.nodes.powerOff(name)
    return sim.ask(`power off and delete node ${name}`, () => sim.client.of(Node).delete({ name }))
  },
}

export const nodeSteps: readonly Step[] = [evictPods, drain, cordonNode, taint, addNode, powerOff, deleteNode]
