import type { DaemonSet } from "../../api/apps/v1/daemon-set.ts"
import type { Node } from "../../api/core/v1/node.ts"
import { requiredNodes } from "../../api/core/v1/node-affinity.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { untoleratedTaint } from "../../api/core/v1/taints.ts"
import type { Toleration } from "../../api/core/v1/toleration.ts"

/**
 * Which nodes a daemon's pods belong on, and how a pod is bound to its node: the scheduler places it, by an affinity for
 * that one node. https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
 */

const tolerate = (condition: string, effect: string): Toleration => ({
  key: `node.kubernetes.io/${condition}`,
  operator: "Exists",
  effect,
})

/** A daemon stays on its node through what drives or keeps other pods away. */
const TOLERATIONS: readonly Toleration[] = [
  tolerate("not-ready", "NoExecute"),
  tolerate("unreachable", "NoExecute"),
  tolerate("disk-pressure", "NoSchedule"),
  tolerate("memory-pressure", "NoSchedule"),
  tolerate("pid-pressure", "NoSchedule"),
  tolerate("unschedulable", "NoSchedule"),
]
const HOST_NETWORK_TOLERATION = tolerate("network-unavailable", "NoSchedule")

export interface Suitability {
  /** A pod should be made there. */
  readonly run: boolean
  /** A pod that is there may stay. */
  readonly stay: boolean
}

export function suitability({ spec }: DaemonSet, node: Node): Suitability {
  const template = spec.template.spec
  const { name, labels = {} } = node.metadata
  const named = !template.nodeName || template.nodeName === name
  const wanted = requiredNodes({ spec: template })
  if (!named || (wanted !== undefined && !wanted({ name, labels }))) return { run: false, stay: false }
  const tolerations = withTolerations(template).tolerations
  const repelled = untoleratedTaint(node.spec.taints, tolerations, ["NoSchedule", "NoExecute"])
  const driven = untoleratedTaint(node.spec.taints, tolerations, ["NoExecute"])
  return { run: repelled === undefined, stay: driven === undefined }
}

/** The template of a pod for one node. */
export function templateFor({ spec }: DaemonSet, nodeName: string, hash: string): PodTemplateSpec {
  const { template } = spec
  const onlyThere = { matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] }
  const pod = withTolerations(template.spec)
  const nodeAffinity = {
    ...pod.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [onlyThere] },
  }
  return {
    ...template,
    metadata: { ...template.metadata, labels: { ...template.metadata.labels, [REVISION_LABEL]: hash } },
    spec: { ...pod, affinity: { ...pod.affinity, nodeAffinity } },
  }
}

export const REVISION_LABEL = "controller-revision-hash"

function withTolerations(spec: PodTemplateSpec["spec"]): PodTemplateSpec["spec"] {
  const own = spec.tolerations ?? []
  const added = [...TOLERATIONS, ...(spec.hostNetwork ? [HOST_NETWORK_TOLERATION] : [])].filter(
    (one) =>
      !own.some(({ key, effect, operator }) => key === one.key && effect === one.effect && operator === one.operator),
  )
  return { ...spec, tolerations: [...own, ...added] }
}

/** The node a daemon's pod is on, or is meant for while it waits. */
export function nodeOf({ spec }: Pod): string {
  if (spec.nodeName) return spec.nodeName
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return (
    terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === "metadata.name")?.values?.[0] ?? ""
  )
}
