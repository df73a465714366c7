import type { Deployment } from "../../../src/api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../../src/api/apps/v1/replica-set.ts"
import type { Pod } from "../../../src/api/core/v1/pod.ts"
import { resolveCount } from "../../../src/machinery/quantity/int-or-string.ts"
import { broken, type Invariant } from "../invariant.ts"
import type { Record, Stored } from "../record.ts"
import { controlledBy, isBeginOfEnd, isServing, nameOf, PODS, podChange } from "./pods.ts"

const DEPLOYMENTS = "deployments.apps"
const SETS = "replicasets.apps"

/** What a deployment has asked for since it was last at rest: its controllers may still go by any of it. */
interface Bounds {
  restsEver: number
  /** Fewest pods that serve; -1 when none has to. */
  least: number
  most: number
}

/** Rolling updates keep enough pods, and never make too many, while nobody else takes or adds any. */
export function rollouts(): Invariant {
  const bounds = new Map<string, Bounds>()
  return {
    name: "rollouts",
    onChange(change, { isUntouched, record, restsEver }) {
      if (change.resource === DEPLOYMENTS && change.after !== undefined) {
        const deployment = change.after as unknown as Deployment
        const now = boundsOf(deployment, restsEver)
        const before = bounds.get(deployment.metadata.uid)
        const both =
          before?.restsEver === restsEver
            ? { ...now, least: Math.min(before.least, now.least), most: Math.max(before.most, now.most) }
            : { ...now, least: Math.min(before?.least ?? -1, now.least), most: Math.max(before?.most ?? 0, now.most) }
        bounds.set(deployment.metadata.uid, both)
      }
      if (change.resource === SETS && change.after !== undefined && isUntouched) checkSize(change.after, record, bounds)
      const found = podChange(change)
      if (found === undefined || !isUntouched) return
      const deployment = deploymentOf(record, found.after ?? found.before)
      const allowed = deployment && bounds.get(deployment.metadata.uid)
      if (deployment === undefined || allowed === undefined) return
      const pods = podsOf(record, deployment)
      const name = nameOf(deployment)
      if (!isBeginOfEnd(found) || found.before === undefined || !isServing(found.before)) return
      const serving = pods.filter(isServing).length
      if (serving < allowed.least) {
        throw broken(`${name} is left with ${serving} ready pods, at least ${allowed.least} are to stay`)
      }
    },
    atRest({ record, restsEver }) {
      bounds.clear()
      for (const deployment of record.list<Deployment>(DEPLOYMENTS)) {
        bounds.set(deployment.metadata.uid, boundsOf(deployment, restsEver))
      }
    },
  }
}

/** Sets are never asked for more than allowed together. Pods may be more while some of them cannot be deleted. */
function checkSize(set: Stored, record: Record, bounds: ReadonlyMap<string, Bounds>): void {
  const deployment = ownerOf(record, set as unknown as ReplicaSet)
  const allowed = deployment && bounds.get(deployment.metadata.uid)
  if (deployment === undefined || allowed === undefined) return
  const sets = controlledBy<ReplicaSet>(record, SETS, deployment.metadata.uid)
  const asked = sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0)
  if (asked > allowed.most) {
    throw broken(`${nameOf(deployment)} asks for ${asked} pods, at most ${allowed.most} are allowed`)
  }
}

function boundsOf({ metadata, spec }: Deployment, restsEver: number): Bounds {
  const { replicas = 1, strategy } = spec
  const most = { restsEver, most: replicas + countOf(strategy?.rollingUpdate?.maxSurge, replicas, true) }
  if (strategy?.type === "Recreate" || metadata.deletionTimestamp !== undefined) return { ...most, least: -1 }
  const surge = countOf(strategy?.rollingUpdate?.maxSurge, replicas, true)
  const unavailable = countOf(strategy?.rollingUpdate?.maxUnavailable, replicas, false)
  // With neither, one pod may be missing: otherwise nothing could begin.
  return { ...most, least: replicas - (surge === 0 && unavailable === 0 ? 1 : unavailable) }
}

const countOf = (value: string | number | undefined, total: number, roundUp: boolean): number =>
  value === undefined ? 0 : resolveCount(value, total, roundUp)

function deploymentOf(record: Record, pod: Pod | undefined): Deployment | undefined {
  const set = pod?.metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === "ReplicaSet")
  if (pod === undefined || set === undefined) return undefined
  const found = record.get<ReplicaSet>(SETS, `${pod.metadata.namespace}/${set.name}`)
  return found?.metadata.uid === set.uid ? ownerOf(record, found) : undefined
}

function ownerOf(record: Record, { metadata }: ReplicaSet): Deployment | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  const deployment = owner && record.get<Deployment>(DEPLOYMENTS, `${metadata.namespace}/${owner.name}`)
  return deployment?.metadata.uid === owner?.uid ? deployment : undefined
}

export function podsOf(record: Record, { metadata }: Deployment): Pod[] {
  const sets = controlledBy<ReplicaSet>(record, SETS, metadata.uid)
  return sets.flatMap((set) => controlledBy<Pod>(record, PODS, set.metadata.uid))
}
