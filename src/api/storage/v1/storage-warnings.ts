import type { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { DEPRECATED_NODE_LABELS } from "../../core/v1/deprecated-names.ts"
import type { TopologySelectorTerm } from "../../core/v1/node-selector.ts"

/** Labels of nodes that are on their way out. */

export function storageClassWarnings({
  allowedTopologies = [],
}: {
  readonly allowedTopologies?: readonly TopologySelectorTerm[]
}): readonly string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, term) =>
    matchLabelExpressions.flatMap(({ key }, index) => {
      const why = DEPRECATED_NODE_LABELS.get(key)
      return why === undefined ? [] : [`allowedTopologies[${term}].matchLabelExpressions[${index}].key: ${why}`]
    }),
  )
}

export function storageCapacityWarnings({
  nodeTopology,
}: {
  readonly nodeTopology?: LabelSelector
}): readonly string[] {
  return [
    ...(nodeTopology?.matchExpressions ?? []).flatMap(({ key }, index) => {
      const why = DEPRECATED_NODE_LABELS.get(key)
      return why === undefined ? [] : [`nodeTopology.matchExpressions[${index}].key: ${key} is ${why}`]
    }),
    ...Object.keys(nodeTopology?.matchLabels ?? {}).flatMap((key) => {
      const why = DEPRECATED_NODE_LABELS.get(key)
      return why === undefined ? [] : [`nodeTopology.matchLabels.${key}: ${why}`]
    }),
  ]
}
