import { builtinResources } from "../../../src/api/all.ts"
import { Namespace } from "../../../src/api/core/v1/namespace.ts"
import { Pod } from "../../../src/api/core/v1/pod.ts"
import type { AnyResource, KubeObject } from "../../../src/machinery/schema/resource.ts"
import { nameOf } from "../invariants/pods.ts"
import type { Simulation } from "../simulation.ts"
import type { Step } from "../step.ts"
import { some } from "./templates.ts"

const DELETED = [
  "deployments.apps",
  "deployments.apps",
  "replicasets.apps",
  "statefulsets.apps",
  "daemonsets.apps",
  "jobs.batch",
  "cronjobs.batch",
  "services",
  "configmaps",
  "poddisruptionbudgets.policy",
  "resourcequotas",
  "endpointslices.discovery.k8s.io",
  "controllerrevisions.apps",
]

const resourceNamed = (name: string): AnyResource | undefined =>
  builtinResources.find(({ group, plural }) => (group === "" ? plural : `${plural}.${group}`) === name)

const deleteSomething: Step = {
  name: "delete",
  weight: 7,
  async run(sim) {
    const name = sim.chance.pick(DELETED) ?? ""
    const object = some<KubeObject>(
      sim,
      name,
      ({ metadata }) => metadata.name !== "kubernetes" && metadata.name !== "kube-root-ca.crt",
    )
    const resource = resourceNamed(name)
    if (object === undefined || resource === undefined) return undefined
    const propagationPolicy = sim.chance.one("Background", "Foreground", "Orphan")
    const { namespace = "", name: key } = object.metadata
    sim.takeAway()
    return sim.ask(`delete ${name} ${nameOf(object)} (${propagationPolicy})`, () =>
      sim.client.of(resource).delete({ namespace, name: key }, { propagationPolicy }),
    )
  },
}

const deletePod: Step = {
  name: "delete pod",
  weight: 4,
  async run(sim) {
    const pod = some<Pod>(sim, "pods")
    if (pod === undefined) return undefined
    sim.disturb()
    const { name, namespace } = pod.metadata
    const options = sim.chance.happens(0.2) ? { gracePeriodSeconds: 0 } : {}
    return sim.ask(`delete pod ${nameOf(pod)} ${JSON.stringify(options)}`, () =>
      sim.client.of(Pod).delete({ namespace, name }, options),
    )
  },
}

const createNamespace: Step = {
  name: "create namespace",
  weight: 2,
  async run(sim) {
    const name = sim.chance.one("team-a", "team-b")
    if (sim.record.get("namespaces", name) !== undefined) return undefined
    return sim.ask(`create namespace ${name}`, () => sim.create(Namespace, { metadata: { name } }))
  },
}

const deleteNamespace: Step = {
  name: "delete namespace",
  weight: 1,
  async run(sim: Simulation) {
    const name = sim.chance.one("team-a", "team-b")
    if (sim.record.get("namespaces", name) === undefined) return undefined
    sim.disturb()
    return sim.ask(`delete namespace ${name}`, () => sim.client.of(Namespace).delete({ name }))
  },
}

export const deleteSteps: readonly Step[] = [deleteSomething, deletePod, createNamespace, deleteNamespace]
