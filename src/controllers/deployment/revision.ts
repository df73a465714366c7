import type { Deployment } from "../../api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"

export const templateHashLabel = "pod-template-hash"
export const revisionAnnotation = "deployment.kubernetes.io/revision"
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas"

/** Annotations of a deployment that its replica sets do not inherit. */
const notInherited = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  "deprecated.deployment.rollback.to",
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
  const history = current[revisionHistoryAnnotation]
  return {
    ...current,
    ...Object.fromEntries(inherited),
    ...(raised && { [revisionAnnotation]: String(revision) }),
    ...(raised &&
      before !== undefined && {
        [revisionHistoryAnnotation]: history === undefined ? before : `${history},${before}`,
      }),
  }
}
