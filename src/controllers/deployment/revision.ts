import type { Deployment } from "../../api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"

export const templateHashLabel = "pod-template-hash"
export const revisionAnnotation = "deployment.kubernetes.io/revision"
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas"
/** How the field rollbackTo of extensions/v1beta1 is kept. */
const rollbackAnnotation = "deprecated.deployment.rollback.to"

/** Annotations of a deployment that its replica sets do not inherit. */
const notInherited = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  rollbackAnnotation,
])

const REVISION_MAX = 2n ** 63n - 1n

/** Of 64 bits, since users and tests set revisions too. 0 when there is none. */
export function revisionOf({ metadata }: Pick<ReplicaSet, "metadata">): bigint {
  return parseRevision(metadata.annotations?.[revisionAnnotation])
}

function parseRevision(text = ""): bigint {
  const revision = /^\d+$/.test(text) ? BigInt(text) : 0n
  return revision > REVISION_MAX ? 0n : revision
}

/** Templates are the same revision when they differ in nothing but the hash label. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return deepEqual(withoutHash(a), withoutHash(b))
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { labels, ...metadata } = template.metadata
  const kept = Object.entries(labels ?? {}).filter(([key]) => key !== templateHashLabel)
  return { ...template, metadata: { ...metadata, labels: Object.fromEntries(kept) } }
}

/** The replica set of the current template; the oldest, should there be several. */
export function findNewest(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted(oldestFirst).find((set) => sameTemplate(set.spec.template, deployment.spec.template))
}

export function oldestFirst(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [a.metadata, b.metadata]
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? -1 : 1
  return x.name < y.name ? -1 : 1
}

/** A short name for a template, safe in labels and names. `collisions` gives another one when the name is taken. */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(`${stableJson(withoutHash(template))}#${collisions}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  return [...String(hash)].map((digit) => safeAlphabet[Number(digit) + 17]).join("")
}
/** No vowels and no look-alikes, so that no word appears by chance. */
const safeAlphabet = "bcdfghjklmnpqrstvwxz2456789"

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** The annotations that the newest replica set should carry, given what it has. */
export function annotationsOfNewest(
  deployment: Deployment,
  current: Readonly<Record<string, string>>,
  revision: bigint,
): Readonly<Record<string, string>> {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notInherited.has(key))
  const before = current[revisionAnnotation]
  const raised = before === undefined || parseRevision(before) < revision
  const history = raised && before !== undefined ? longerHistory(current[revisionHistoryAnnotation], before) : undefined
  return {
    ...current,
    ...Object.fromEntries(inherited),
    ...(raised && { [revisionAnnotation]: String(revision) }),
    ...(history !== undefined && { [revisionHistoryAnnotation]: history }),
  }
}

const HISTORY_LENGTH_MAX = 2000

/** The revisions that a set has had, without the first ones when they would become too many; undefined: as before. */
function longerHistory(history: string | undefined, revision: string): string | undefined {
  if (!history) return revision
  const revisions = history.split(",")
  let length = history.length + revision.length + 1
  while (length > HISTORY_LENGTH_MAX) {
    const first = revisions.shift()
    if (first === undefined) return undefined
    length -= first.length + 1
  }
  return [...revisions, revision].join(",")
}

/** The name of a deployment's set. Long names are cut so that the hash fits. */
export function setName(deployment: Deployment, hash: string): string {
  return `${deployment.metadata.name.slice(0, NAME_LENGTH_MAX - 1 - hash.length)}-${hash}`
}
const NAME_LENGTH_MAX = 253

/** What a rollback by annotation comes to. */
export type Rollback =
  | { readonly to: ReplicaSet }
  | {
      readonly problem: "DeploymentRollbackRevisionNotFound" | "DeploymentRollbackTemplateUnchanged"
      readonly message: string
    }

/** What clients of extensions/v1beta1 asked for; undefined when nobody did. 0 means the revision before this one. */
export function rollback(deployment: Deployment, sets: readonly ReplicaSet[]): Rollback | undefined {
  const asked = deployment.metadata.annotations?.[rollbackAnnotation]
  if (asked === undefined || !/^[+-]?\d+$/.test(asked)) return undefined
  const revisions = sets.map(revisionOf).toSorted((a, b) => Number(b - a))
  const revision = BigInt(asked.replace("+", "")) || (revisions[1] ?? 0n)
  const notFound = (message: string) => ({ problem: "DeploymentRollbackRevisionNotFound", message }) as const
  if (revision === 0n) return notFound("Unable to find last revision.")
  const to = sets.find((set) => revisionOf(set) === revision)
  if (to === undefined) return notFound("Unable to find the revision to rollback to.")
  if (!sameTemplate(to.spec.template, deployment.spec.template)) return { to }
  const message = `The rollback revision contains the same template as current deployment "${deployment.metadata.name}"`
  return { problem: "DeploymentRollbackTemplateUnchanged", message }
}

/** The deployment as it was in the revision of `set`, in template and annotations. */
export function rolledBack(deployment: Deployment, set: ReplicaSet): Deployment {
  const kept = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => notInherited.has(key))
  const restored = Object.entries(set.metadata.annotations ?? {}).filter(([key]) => !notInherited.has(key))
  const restoredAnnotations = Object.fromEntries([...kept, ...restored])
  return {
    ...withoutRollback({ ...deployment, metadata: { ...deployment.metadata, annotations: restoredAnnotations } }),
    spec: { ...deployment.spec, template: withoutHash(set.spec.template) },
  }
}

/** The deployment without the wish to be rolled back. */
export function withoutRollback(deployment: Deployment): Deployment {
  const { [rollbackAnnotation]: _, ...annotations } = deployment.metadata.annotations ?? {}
  return { ...deployment, metadata: { ...deployment.metadata, annotations } }
}
