import type { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"

/** What makes pods of a set distinct: number, name, DNS name and storage. https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity */

export const REVISION_LABEL = "controller-revision-hash"
const NAME_LABEL = "statefulset.kubernetes.io/pod-name"
const INDEX_LABEL = "apps.kubernetes.io/pod-index"

export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0
export const podName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`
export const claimName = (set: StatefulSet, template: string, ordinal: number): string =>
  `${template}-${podName(set, ordinal)}`

/** Whether a claim of this name is one of the set's. */
export const isClaimName = ({ metadata, spec }: StatefulSet, name: string): boolean =>
  (spec.volumeClaimTemplates ?? []).some((template) => name.startsWith(`${template.metadata.name}-${metadata.name}-`))

/** Whether the set, as it is now, has a pod with this number. */
export function isWanted(set: StatefulSet, ordinal: number): boolean {
  const start = firstOrdinal(set)
  return ordinal >= start && ordinal < start + (set.spec.replicas ?? 1)
}

/** What a pod with this number is told by. */
export const identityLabels = (set: StatefulSet, ordinal: number) => ({
  [NAME_LABEL]: podName(set, ordinal),
  [INDEX_LABEL]: String(ordinal),
})

/** The number in a pod's name; undefined when the name is not one of the set's. */
export function ordinalOf({ metadata }: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${metadata.name}-`
  const rest = pod.metadata.name.slice(prefix.length)
  return pod.metadata.name.startsWith(prefix) && /^\d+$/.test(rest) ? Number(rest) : undefined
}

export const revisionOf = ({ metadata }: Pod): string => metadata.labels?.[REVISION_LABEL] ?? ""

/** The pod with this number, made from a revision's template. Claims take the place of volumes of the same name. */
export function templateFor(
  set: StatefulSet,
  template: PodTemplateSpec,
  ordinal: number,
  revision: string,
): PodTemplateSpec {
  const name = podName(set, ordinal)
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata: { name = "" } }) => ({
    name,
    persistentVolumeClaim: { claimName: claimName(set, name, ordinal) },
  }))
  const others = (template.spec.volumes ?? []).filter((volume) => claims.every((claim) => claim.name !== volume.name))
  const volumes = [...others, ...claims]
  return {
    metadata: {
      ...template.metadata,
      labels: {
        ...template.metadata.labels,
        ...identityLabels(set, ordinal),
        [REVISION_LABEL]: revision,
      },
    },
    spec: {
      ...template.spec,
      hostname: name,
      ...(set.spec.serviceName !== "" && { subdomain: set.spec.serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  }
}
