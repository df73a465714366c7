import type { DaemonSet } from "../api/apps/v1/daemon-set.ts"
import type { Deployment } from "../api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../api/apps/v1/replica-set.ts"
import type { StatefulSet } from "../api/apps/v1/stateful-set.ts"
import type { Job } from "../api/batch/v1/job.ts"
import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import type { Service } from "../api/core/v1/service.ts"

/** Objects in few words, for this component's tests. Whatever a case does not say has a plain value. */

interface Meta {
  readonly namespace?: string
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly ownerReferences?: readonly object[]
  readonly finalizers?: readonly string[]
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly generation?: number
}
interface Parts {
  readonly metadata?: Meta
  readonly spec?: object
  readonly status?: object
}

function object(apiVersion: string, kind: string, name: string, parts: Parts): unknown {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...parts.metadata,
    },
    spec: parts.spec ?? {},
    status: parts.status ?? {},
  }
}

export const pod = (name: string, parts: Parts = {}): Pod =>
  object("v1", "Pod", name, { ...parts, spec: { containers: [{ name: "main" }], ...parts.spec } }) as Pod

/** A pod that is ready since a given time. */
export const readyPod = (name: string, since: string, parts: Parts = {}): Pod =>
  pod(name, {
    ...parts,
    spec: { nodeName: "n1", ...parts.spec },
    status: {
      phase: "Running",
      podIP: "10.244.0.9",
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: since }],
      ...parts.status,
    },
  })

export const node = (name: string, parts: Parts = {}): Node => object("v1", "Node", name, parts) as Node
export const service = (name: string, parts: Parts = {}): Service => object("v1", "Service", name, parts) as Service

/** A job for one success, with what its defaults would add. */
export const job = (name: string, parts: Parts = {}): Job =>
  object("batch/v1", "Job", name, {
    ...parts,
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      template: { metadata: {}, spec: { restartPolicy: "Never", containers: [{ name: "main" }] } },
      ...parts.spec,
    },
  }) as unknown as Job

const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "main", image }] },
})

export const deployment = (image: string, replicas: number, parts: Parts = {}): Deployment =>
  object("apps/v1", "Deployment", "web", {
    ...parts,
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: template(image),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      ...parts.spec,
    },
  }) as unknown as Deployment

export const replicaSet = (
  name: string,
  image: string,
  replicas: number,
  available: number,
  parts: Parts = {},
): ReplicaSet =>
  object("apps/v1", "ReplicaSet", name, {
    ...parts,
    spec: { replicas, selector: { matchLabels: { app: "web" } }, template: template(image), ...parts.spec },
    status: { replicas, readyReplicas: available, availableReplicas: available, ...parts.status },
  }) as unknown as ReplicaSet

export const daemonSet = (parts: Parts = {}): DaemonSet =>
  object("apps/v1", "DaemonSet", "logs", {
    ...parts,
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: template("v1"),
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      ...parts.spec,
    },
  }) as unknown as DaemonSet

export const statefulSet = (replicas: number, parts: Parts = {}): StatefulSet =>
  object("apps/v1", "StatefulSet", "db", {
    ...parts,
    spec: {
      replicas,
      serviceName: "db",
      selector: { matchLabels: { app: "web" } },
      template: template("v1"),
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      podManagementPolicy: "OrderedReady",
      ...parts.spec,
    },
  }) as unknown as StatefulSet
