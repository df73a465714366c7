import type { DaemonSet } from "../../../src/api/apps/v1/daemon-set.ts"
import type { Deployment } from "../../../src/api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../../src/api/apps/v1/replica-set.ts"
import type { StatefulSet } from "../../../src/api/apps/v1/stateful-set.ts"
import type { Pod } from "../../../src/api/core/v1/pod.ts"
import type { KubeObject } from "../../../src/machinery/schema/resource.ts"
import { broken, type Invariant } from "../invariant.ts"
import type { Record } from "../record.ts"
import { controlledBy, isActive, isReady, nameOf, PODS } from "./pods.ts"

/** At rest, sets report the pods that they have. At the end they have those that they should have. */
export function converged(): Invariant {
  return {
    name: "convergence",
    atRest({ record }) {
      for (const set of record.list<ReplicaSet>("replicasets.apps")) {
        const pods = controlledBy<Pod>(record, PODS, set.metadata.uid).filter(isActive)
        expectSame(set, "status.replicas", set.status.replicas, pods.length)
        expectSame(set, "status.readyReplicas", set.status.readyReplicas ?? 0, pods.filter(isReady).length)
        expectSame(set, "status.observedGeneration", set.status.observedGeneration, set.metadata.generation)
      }
      for (const each of record.list<Deployment>("deployments.apps")) {
        expectSame(each, "status.observedGeneration", each.status.observedGeneration, each.metadata.generation)
      }
    },
    atEnd({ record }) {
      const [reason] = unfinished(record)
      if (reason !== undefined) throw broken(reason)
    },
  }
}

function expectSame(object: KubeObject, what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw broken(`${nameOf(object)} has ${what} ${found}, expected ${expected}`)
}

/** What is not yet as its owner asked for, one line each. */
export function unfinished(record: Record): string[] {
  return [...deployments(record), ...statefulSets(record), ...daemonSets(record), ...replicaSets(record)]
}

function* deployments(record: Record): Iterable<string> {
  for (const deployment of record.list<Deployment>("deployments.apps")) {
    const { spec, status } = deployment
    const { replicas = 1 } = spec
    // One that was paused before its first pod has none.
    if (isLimited(record, deployment) || spec.paused) continue
    const { availableReplicas = 0, readyReplicas = 0, updatedReplicas = 0 } = status
    const found = [status.replicas ?? 0, readyReplicas, availableReplicas, updatedReplicas]
    if (found.some((count) => count !== replicas)) {
      yield `deployment ${nameOf(deployment)} has ${found.join("/")} pods, ready, available, updated; expected ${replicas}`
    }
  }
}

function* replicaSets(record: Record): Iterable<string> {
  for (const set of record.list<ReplicaSet>("replicasets.apps")) {
    if (isLimited(record, set)) continue
    const { replicas = 1 } = set.spec
    const pods = controlledBy<Pod>(record, PODS, set.metadata.uid).filter(isActive)
    const ready = pods.filter(isReady)
    if (pods.length === replicas && ready.length === replicas) continue
    yield `replica set ${nameOf(set)} has ${pods.length} pods, ${ready.length} ready; expected ${replicas}`
  }
}

function* statefulSets(record: Record): Iterable<string> {
  for (const set of record.list<StatefulSet>("statefulsets.apps")) {
    if (isLimited(record, set)) continue
    const { ordinals, replicas = 1 } = set.spec
    const pods = controlledBy<Pod>(record, PODS, set.metadata.uid).filter((pod) => isActive(pod) && isReady(pod))
    const start = ordinals?.start ?? 0
    const expected = Array.from({ length: replicas }, (_, index) => `${set.metadata.name}-${start + index}`)
    const found = pods.map(({ metadata }) => metadata.name)
    if (found.toSorted().join(" ") !== expected.toSorted().join(" ")) {
      yield `stateful set ${nameOf(set)} has the ready pods [${found.join(" ")}], expected [${expected.join(" ")}]`
    }
  }
}

function* daemonSets(record: Record): Iterable<string> {
  for (const set of record.list<DaemonSet>("daemonsets.apps")) {
    if (isLimited(record, set)) continue
    const pods = controlledBy<Pod>(record, PODS, set.metadata.uid).filter((pod) => isActive(pod) && isReady(pod))
    const found = pods.map(({ spec }) => spec.nodeName ?? "none")
    const expected = [...record.all("nodes").keys()]
    if (found.toSorted().join(" ") !== expected.toSorted().join(" ")) {
      yield `daemon set ${nameOf(set)} is ready on [${found.join(" ")}], expected [${expected.join(" ")}]`
    }
  }
}

/** A quota may keep it from ever being done; then it is a matter of the quota's own rule. */
export function isLimited(record: Record, { metadata }: KubeObject): boolean {
  return record.list("resourcequotas").some((quota) => quota.metadata.namespace === metadata.namespace)
}
