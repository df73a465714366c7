import { DaemonSet } from "../../../src/api/apps/v1/daemon-set.ts"
import { Deployment } from "../../../src/api/apps/v1/deployment.ts"
import { StatefulSet } from "../../../src/api/apps/v1/stateful-set.ts"
import { CronJob } from "../../../src/api/batch/v1/cron-job.ts"
import { Job } from "../../../src/api/batch/v1/job.ts"
import { Pod } from "../../../src/api/core/v1/pod.ts"
import type { AnyResource } from "../../../src/machinery/schema/resource.ts"
import type { Simulation } from "../simulation.ts"
import type { Step } from "../step.ts"
import { podTemplate, selectorOf, someNamespace } from "./templates.ts"

/** More than these would make each seed slow and find little more. */
const WORKLOADS_MAX = 8
const KINDS = ["deployments.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch", "cronjobs.batch"]

const create = (
  name: string,
  weight: number,
  resource: AnyResource,
  specOf: (sim: Simulation, app: string) => object,
) => ({
  name: `create ${name}`,
  weight,
  async run(sim: Simulation) {
    const there = KINDS.reduce((count, kind) => count + sim.record.all(kind).size, 0)
    if (there >= WORKLOADS_MAX) return undefined
    const [namespace, app] = [someNamespace(sim), sim.name(name)]
    const spec = specOf(sim, app)
    const text = `create ${name} ${namespace}/${app} ${JSON.stringify(spec)}`
    return sim.ask(text, () => sim.create(resource, { metadata: { name: app, namespace, labels: { app } }, spec }))
  },
})

function deploymentSpec(sim: Simulation, app: string): object {
  const { chance } = sim
  return {
    replicas: chance.between(0, 5),
    selector: selectorOf(app),
    template: podTemplate(sim, app),
    ...(chance.happens(0.2) && { minReadySeconds: 5 }),
    ...(chance.happens(0.3) && { revisionHistoryLimit: chance.between(0, 2) }),
    ...(chance.happens(0.7) && { strategy: strategy(sim) }),
  }
}

export function strategy({ chance }: Simulation): object {
  if (chance.happens(0.2)) return { type: "Recreate" }
  const maxSurge = chance.one<number | string>(0, 1, 2, "25%", "50%")
  const maxUnavailable = maxSurge === 0 ? 1 : chance.one<number | string>(0, 1, "25%", "100%")
  return { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } }
}

function statefulSetSpec(sim: Simulation, app: string): object {
  const { chance } = sim
  return {
    replicas: chance.between(0, 4),
    serviceName: app,
    selector: selectorOf(app),
    template: podTemplate(sim, app),
    podManagementPolicy: chance.one("OrderedReady", "OrderedReady", "Parallel"),
    ...(chance.happens(0.2) && { ordinals: { start: chance.between(1, 3) } }),
    ...(chance.happens(0.3) && { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } }),
  }
}

function daemonSetSpec(sim: Simulation, app: string): object {
  const rollingUpdate = sim.chance.one<object>(
    { maxUnavailable: 1 },
    { maxUnavailable: "50%" },
    { maxSurge: 1, maxUnavailable: 0 },
  )
  const template = podTemplate(sim, app)
  // Every node has room for it.
  const containers = template.spec.containers.map(({ image, name }) => ({ image, name }))
  return {
    selector: selectorOf(app),
    template: { ...template, spec: { ...template.spec, containers } },
    updateStrategy: { type: "RollingUpdate", rollingUpdate },
  }
}

export function jobSpec(sim: Simulation, app: string): object {
  const { chance } = sim
  const completions = chance.between(1, 5)
  const restartPolicy = chance.one("Never", "OnFailure")
  return {
    completions,
    parallelism: chance.between(1, 3),
    backoffLimit: chance.between(0, 6),
    ...(chance.happens(0.4) && { completionMode: "Indexed" }),
    ...(chance.happens(0.2) && { ttlSecondsAfterFinished: chance.between(0, 60) }),
    ...(chance.happens(0.1) && { activeDeadlineSeconds: chance.between(5, 120) }),
    ...(chance.happens(0.2) && restartPolicy === "Never" && { podReplacementPolicy: "Failed" }),
    template: podTemplate(sim, app, chance.one("task:fast", "task:slow", "task:flaky"), { restartPolicy }),
  }
}

function cronJobSpec(sim: Simulation, app: string): object {
  const { chance } = sim
  return {
    schedule: chance.one("* * * * *", "*/2 * * * *"),
    concurrencyPolicy: chance.one("Allow", "Forbid", "Replace"),
    successfulJobsHistoryLimit: chance.between(0, 3),
    failedJobsHistoryLimit: chance.between(0, 1),
    ...(chance.happens(0.3) && { startingDeadlineSeconds: chance.between(10, 100) }),
    jobTemplate: { spec: jobSpec(sim, app) },
  }
}

function podSpec(sim: Simulation, app: string): object {
  return podTemplate(sim, app).spec
}

export const createSteps: readonly Step[] = [
  create("deployment", 10, Deployment, deploymentSpec),
  create("statefulset", 6, StatefulSet, statefulSetSpec),
  create("daemonset", 2, DaemonSet, daemonSetSpec),
  create("job", 5, Job, jobSpec),
  create("cronjob", 1, CronJob, cronJobSpec),
  create("pod", 1, Pod, podSpec),
]
