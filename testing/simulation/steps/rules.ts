import { ConfigMap } from "../../../src/api/core/v1/config-map.ts"
import { ResourceQuota } from "../../../src/api/core/v1/resource-quota.ts"
import { Service } from "../../../src/api/core/v1/service.ts"
import { PodDisruptionBudget } from "../../../src/api/policy/v1/pod-disruption-budget.ts"
import type { AnyResource, KubeObject } from "../../../src/machinery/schema/resource.ts"
import type { Simulation } from "../simulation.ts"
import type { Step } from "../step.ts"
import { selectorOf, some, someNamespace } from "./templates.ts"

/** Most of each kind. */
const MOST = 4

/** Makes an object that is about the pods of some workload. */
const about = (
  kind: string,
  weight: number,
  resource: AnyResource,
  specOf: (sim: Simulation, app: string) => object,
): Step => ({
  name: `create ${kind}`,
  weight,
  async run(sim) {
    const workload = some<KubeObject>(sim, sim.chance.one("deployments.apps", "statefulsets.apps"))
    if (workload === undefined || sim.record.all(kind).size >= MOST) return undefined
    const { name, namespace } = workload.metadata
    const spec = specOf(sim, name)
    const text = `create ${kind} ${namespace}/${name} ${JSON.stringify(spec)}`
    return sim.ask(text, () => sim.create(resource, { metadata: { name, namespace }, spec }))
  },
})

const createQuota: Step = {
  name: "create resourcequotas",
  weight: 2,
  async run(sim) {
    const namespace = someNamespace(sim)
    if (namespace === "default" || sim.record.all("resourcequotas").size >= 2) return undefined
    const { chance } = sim
    const hard = chance.one<object>(
      { pods: String(chance.between(1, 6)) },
      { "requests.cpu": `${chance.between(2, 12)}00m` },
      { "count/jobs.batch": "2", pods: "4" },
      { services: "1", configmaps: "4" },
    )
    return sim.ask(`create quota in ${namespace} ${JSON.stringify(hard)}`, () =>
      sim.create(ResourceQuota, { metadata: { name: sim.name("quota"), namespace }, spec: { hard } }),
    )
  },
}

/** A chain of owners of any length, across kinds. */
const createOwned: Step = {
  name: "create owned",
  weight: 3,
  async run(sim) {
    const kind = sim.chance.one("deployments.apps", "configmaps", "configmaps")
    const owner = some<KubeObject>(sim, kind, ({ metadata }) => metadata.name !== "kube-root-ca.crt")
    if (sim.record.all("configmaps").size > 20) return undefined
    const namespace = owner?.metadata.namespace ?? someNamespace(sim)
    const ownerReferences = owner && [
      {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.metadata.name,
        uid: owner.metadata.uid,
        blockOwnerDeletion: sim.chance.happens(0.5),
      },
    ]
    const metadata = { name: sim.name("map"), namespace, ...(ownerReferences && { ownerReferences }) }
    return sim.ask(`create configmap ${namespace}/${metadata.name} of ${owner?.metadata.name}`, () =>
      sim.create(ConfigMap, { metadata }),
    )
  },
}

export const ruleSteps: readonly Step[] = [
  about("services", 4, Service, ({ chance }, app) => ({
    selector: { app },
    ports: [{ port: 80 }],
    ...(chance.happens(0.3) && { clusterIP: "None" }),
  })),
  about("poddisruptionbudgets.policy", 4, PodDisruptionBudget, ({ chance }, app) => ({
    selector: selectorOf(app),
    ...chance.one<object>(
      { minAvailable: 1 },
      { minAvailable: "50%" },
      { maxUnavailable: 1 },
      { maxUnavailable: "30%" },
    ),
  })),
  createQuota,
  createOwned,
]
