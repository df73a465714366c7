import { DaemonSet } from "../../../src/api/apps/v1/daemon-set.ts"
import { Deployment } from "../../../src/api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../../src/api/apps/v1/replica-set.ts"
import { StatefulSet } from "../../../src/api/apps/v1/stateful-set.ts"
import { Job } from "../../../src/api/batch/v1/job.ts"
import { ConfigMap } from "../../../src/api/core/v1/config-map.ts"
import { Node } from "../../../src/api/core/v1/node.ts"
import { Pod } from "../../../src/api/core/v1/pod.ts"
import { ResourceQuota } from "../../../src/api/core/v1/resource-quota.ts"
import { EndpointSlice } from "../../../src/api/discovery/v1/endpoint-slice.ts"
import { PodDisruptionBudget } from "../../../src/api/policy/v1/pod-disruption-budget.ts"
import type { Fault, RequestMatch } from "../../faults.ts"
import type { Simulation } from "../simulation.ts"
import type { Step } from "../step.ts"

const RESOURCES = [
  Pod,
  Pod,
  Pod,
  ReplicaSet,
  Deployment,
  StatefulSet,
  DaemonSet,
  Job,
  ConfigMap,
  Node,
  ResourceQuota,
  EndpointSlice,
  PodDisruptionBudget,
]
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"]

function someRequests({ chance }: Simulation): readonly [string, RequestMatch] {
  const resource = chance.pick(RESOURCES) ?? Pod
  const verbs = chance.happens(0.5) ? VERBS.slice(3) : [chance.pick(VERBS) ?? "get"]
  return [`${verbs.join(",")} ${resource.plural}`, { resource, verbs }]
}

const fault = (
  name: string,
  weight: number,
  set: (sim: Simulation, match: RequestMatch, times: number) => Fault,
): Step => ({
  name,
  weight,
  async run(sim) {
    const [text, match] = someRequests(sim)
    const times = sim.chance.between(1, 8)
    const found = set(sim, match, times)
    sim.reliefs.push(() => found.remove())
    return `${name} for ${times} × ${text}`
  },
})

const dropWatches: Step = {
  name: "drop watches",
  weight: 3,
  async run({ chance, cluster: { faults } }) {
    const match = chance.happens(0.5) ? {} : { resource: chance.pick(RESOURCES) ?? Pod }
    const expire = chance.happens(0.4)
    const count = expire ? faults.expireWatches(match) : faults.dropWatches(match)
    return `${expire ? "expire" : "drop"} ${count} watches of ${match.resource?.plural ?? "everything"}`
  },
}

const crash: Step = {
  name: "crash",
  weight: 4,
  async run(sim) {
    const component = sim.chance.happens(0.25)
      ? "kube-apiserver"
      : sim.chance.pick(sim.cluster.components.filter((each) => !sim.down.has(each)))
    if (component === undefined) return undefined
    await sim.cluster.crash(component)
    sim.crashed(component)
    return `crash ${component}`
  },
}

const restart: Step = {
  name: "restart",
  weight: 8,
  withoutServer: true,
  async run(sim) {
    const component = sim.chance.pick([...sim.down])
    if (component === undefined || !sim.canStart(component)) return undefined
    await sim.restart(component)
    return `restart ${component}`
  },
}

/**
 * Everybody's clock at once: control plane and nodes of such a cluster are one machine. Back only a little: what objects
 * say of times that are then ahead, such as since when a pod is ready, holds for so long, as in every Kubernetes.
 */
const setClock: Step = {
  name: "set the clock",
  weight: 2,
  withoutServer: true,
  async run({ chance, cluster: { clock } }) {
    const minutes = chance.one(-1, 1, 5, 60)
    clock.set(new Date(clock.now.getTime() + minutes * 60_000))
    return `set the clock by ${minutes} minutes`
  },
}

export const faultSteps: readonly Step[] = [
  fault("conflict", 2, ({ cluster }, match, times) => cluster.faults.conflict(match, { times })),
  fault("429", 2, ({ chance, cluster }, match, times) =>
    cluster.faults.tooManyRequests(match, { times, retryAfterSeconds: chance.between(1, 5) }),
  ),
  fault("410", 1, ({ cluster }, match, times) => cluster.faults.expired(match, { times })),
  fault("500", 2, ({ cluster }, match, times) => cluster.faults.internalError(match, { times })),
  fault("503", 1, ({ cluster }, match, times) => cluster.faults.unavailable(match, { times })),
  fault("latency", 3, ({ chance, cluster }, match, times) =>
    cluster.faults.latency(match, chance.one("50ms", "800ms", "3s", "20s"), { times }),
  ),
  dropWatches,
  setClock,
  crash,
  restart,
]
