import { DaemonSet } from "../../../src/api/apps/v1/daemon-set.ts"
import { Deployment } from "../../../src/api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../../src/api/apps/v1/replica-set.ts"
import { StatefulSet } from "../../../src/api/apps/v1/stateful-set.ts"
import { CronJob } from "../../../src/api/batch/v1/cron-job.ts"
import { Job } from "../../../src/api/batch/v1/job.ts"
import type { AnyResource, KubeObject } from "../../../src/machinery/schema/resource.ts"
import { controlledBy, nameOf } from "../invariants/pods.ts"
import type { Simulation } from "../simulation.ts"
import type { Step } from "../step.ts"
import { strategy } from "./create.ts"
import { some } from "./templates.ts"

const nameOfResource = ({ group, plural }: AnyResource) => (group === "" ? plural : `${plural}.${group}`)

function patch(
  sim: Simulation,
  resource: AnyResource,
  object: KubeObject,
  body: object,
  what: string,
): Promise<string> {
  const { name, namespace = "" } = object.metadata
  const text = `${what} ${resource.singular ?? resource.plural} ${nameOf(object)} ${JSON.stringify(body)}`
  return sim.ask(text, () => sim.client.of(resource).patch({ namespace, name }, body, { type: "strategic" }))
}

/** Changes any object of one of some kinds, all equally likely. */
const change = (
  name: string,
  weight: number,
  resources: readonly AnyResource[],
  bodyOf: (sim: Simulation, object: KubeObject) => object | undefined,
): Step => ({
  name,
  weight,
  async run(sim) {
    const resource = sim.chance.pick(resources)
    const object = resource && some<KubeObject>(sim, nameOfResource(resource))
    const body = object && bodyOf(sim, object)
    return resource && object && body && patch(sim, resource, object, body, name)
  },
})

const newImage = ({ chance }: Simulation) => ({
  spec: { template: { spec: { containers: [{ name: "main", image: `web:${chance.between(1, 9)}` }] } } },
})

/** Back to a template that there was before, as `kubectl rollout undo` does. */
function olderTemplate(sim: Simulation, { metadata }: KubeObject): object | undefined {
  const set = sim.chance.pick(controlledBy<ReplicaSet>(sim.record, "replicasets.apps", metadata.uid))
  const image = set?.spec.template?.spec?.containers.find(({ name }) => name === "main")?.image
  return image === undefined ? undefined : { spec: { template: { spec: { containers: [{ name: "main", image }] } } } }
}

export const changeSteps: readonly Step[] = [
  change("scale", 10, [Deployment, Deployment, StatefulSet], ({ chance }) => ({
    spec: { replicas: chance.between(0, 6) },
  })),
  change("update image of", 10, [Deployment, Deployment, StatefulSet, DaemonSet], newImage),
  change("roll back", 3, [Deployment], olderTemplate),
  change("pause", 2, [Deployment], ({ chance }) => ({ spec: { paused: chance.happens(0.4) } })),
  change("change strategy of", 1, [Deployment], (sim) => ({
    spec: { strategy: { $retainKeys: ["type", "rollingUpdate"], rollingUpdate: null, ...strategy(sim) } },
  })),
  change("set partition of", 1, [StatefulSet], ({ chance }) => ({
    spec: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: chance.between(0, 3) } } },
  })),
  change("suspend", 2, [Job, CronJob], ({ chance }) => ({ spec: { suspend: chance.happens(0.5) } })),
  change("set parallelism of", 1, [Job], ({ chance }) => ({ spec: { parallelism: chance.between(0, 4) } })),
]
