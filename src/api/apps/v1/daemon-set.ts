import { FieldPath } from "../../../machinery/field/path.ts"
import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, int64, intOrString, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age, containerImages, containerNames, labelsCell, selectorCell } from "../../columns.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"
import { warnAboutTemplate } from "../../core/v1/pod-warnings.ts"
import {
  beginTemplateGeneration,
  defaultTemplateGeneration,
  keepTemplateGeneration,
  nextTemplateGeneration,
  templateGeneration,
} from "./template-generation.ts"
import { validateDaemonSet, validateDaemonSetStatus, validateDaemonSetUpdate } from "./validation/daemon-set.ts"

export const RollingUpdateDaemonSet = struct(
  "io.k8s.api.apps.v1.RollingUpdateDaemonSet",
  {
    maxUnavailable: intOrString(1, {
      doc: "On how many nodes the pod may be missing during the update: a number, or a percentage rounded up. Default 1; it must be 0 when maxSurge is not 0 and vice versa.",
    }),
    maxSurge: intOrString(2, {
      doc: "On how many nodes old and new pod may run together during the update: a number, or a percentage rounded up. Default 0.",
    }),
  },
  { doc: "With maxSurge 0 the old pod of a node ends before the new one starts; else the new one comes first." },
)
export type RollingUpdateDaemonSet = TypeOf<typeof RollingUpdateDaemonSet>

export const DaemonSetUpdateStrategy = struct(
  "io.k8s.api.apps.v1.DaemonSetUpdateStrategy",
  {
    type: string(1, {
      doc: "RollingUpdate (the default) replaces pods node by node; OnDelete waits until you delete each old pod.",
      default: "RollingUpdate",
    }),
    rollingUpdate: message(2, RollingUpdateDaemonSet, {
      doc: "How fast a rolling update goes; only used when type is RollingUpdate.",
    }),
  },
  {
    doc: "How pods are replaced when the template changes.",
    defaults: (strategy) => {
      if (strategy.type !== "RollingUpdate") return
      const rolling = (strategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= 1
      rolling.maxSurge ??= 0
    },
  },
)
export type DaemonSetUpdateStrategy = TypeOf<typeof DaemonSetUpdateStrategy>

export const DaemonSetSpec = struct(
  "io.k8s.api.apps.v1.DaemonSetSpec",
  {
    selector: message(1, LabelSelector, {
      doc: "Which pods belong to the set. It must match the labels of the template and cannot be changed later.",
      required: true,
      pointer: true,
    }),
    template: message(2, PodTemplateSpec, {
      doc: "The pod for each node. Its nodeSelector and affinity decide which nodes get one; its restartPolicy must be Always.",
      required: true,
    }),
    updateStrategy: message(3, DaemonSetUpdateStrategy, {
      doc: "How pods are replaced when the template changes.",
      always: true,
    }),
    minReadySeconds: int32(4, {
      doc: "How many seconds a new pod must have been ready without a crash before it counts as available. Default 0.",
    }),
    revisionHistoryLimit: int32(6, {
      doc: "How many old templates stay for kubectl rollout undo. Default 10.",
      default: 10,
      pointer: true,
    }),
  },
  { doc: "What a daemon set runs on every node." },
)
export type DaemonSetSpec = TypeOf<typeof DaemonSetSpec>

export const DaemonSetCondition = struct(
  "io.k8s.api.apps.v1.DaemonSetCondition",
  {
    type: string(1, { doc: "The aspect; no type is fixed.", required: true }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of how a daemon set is doing." },
)
export type DaemonSetCondition = TypeOf<typeof DaemonSetCondition>

export const DaemonSetStatus = struct(
  "io.k8s.api.apps.v1.DaemonSetStatus",
  {
    currentNumberScheduled: int32(1, { doc: "How many nodes run the pod and should.", required: true }),
    numberMisscheduled: int32(2, { doc: "How many nodes run the pod though they should not.", required: true }),
    desiredNumberScheduled: int32(3, { doc: "How many nodes should run the pod.", required: true }),
    numberReady: int32(4, { doc: "How many of these nodes have a pod that is ready.", required: true }),
    observedGeneration: int64(5, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
    updatedNumberScheduled: int32(6, { doc: "How many nodes run a pod of the current template." }),
    numberAvailable: int32(7, { doc: "How many nodes have a pod that has been ready for at least minReadySeconds." }),
    numberUnavailable: int32(8, { doc: "How many nodes should have such a pod but have none." }),
    collisionCount: int32(9, {
      doc: "How often the name for a new revision was already taken. The controller mixes it into the next name.",
      pointer: true,
    }),
    conditions: list(10, DaemonSetCondition, {
      doc: "How the set is doing.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "On how many nodes a daemon set runs, as its controller last saw it." },
)
export type DaemonSetStatus = TypeOf<typeof DaemonSetStatus>

/**
 * Runs one pod on every node, or on every node that fits, such as a log collector.
 * https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
 */
export const DaemonSet = defineResource({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Runs one pod on every node, or on every node that fits, such as a log collector.",
  definition: "io.k8s.api.apps.v1.DaemonSet",
  columns: [
    {
      name: "Desired",
      type: "integer",
      doc: "How many nodes should run the pod.",
      value: ({ status }) => status.desiredNumberScheduled,
    },
    {
      name: "Current",
      type: "integer",
      doc: "How many nodes run the pod and should.",
      value: ({ status }) => status.currentNumberScheduled,
    },
    {
      name: "Ready",
      type: "integer",
      doc: "How many of them have a pod that is ready.",
      value: ({ status }) => status.numberReady,
    },
    {
      name: "Up-to-date",
      type: "integer",
      doc: "How many nodes run a pod of the newest template.",
      value: ({ status }) => status.updatedNumberScheduled ?? 0,
    },
    {
      name: "Available",
      type: "integer",
      doc: "How many nodes have a pod that has been ready for long enough.",
      value: ({ status }) => status.numberAvailable ?? 0,
    },
    {
      name: "Node Selector",
      type: "string",
      doc: "Which labels nodes must have.",
      value: ({ spec }) => labelsCell(spec.template.spec.nodeSelector),
    },
    age,
    containerNames,
    containerImages,
    {
      name: "Selector",
      type: "string",
      priority: 1,
      doc: "Which pods belong to it.",
      value: ({ spec }) => selectorCell(spec.selector, "<none>"),
    },
  ],
  defaults: defaultTemplateGeneration,
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    prepareCreate: beginTemplateGeneration,
    prepareUpdate: nextTemplateGeneration,
    prepareStatusUpdate: keepTemplateGeneration,
    warnings: (set, old) =>
      old !== undefined && templateGeneration(set) === templateGeneration(old)
        ? []
        : warnAboutTemplate(set.spec.template, FieldPath.root("spec", "template")),
    validateCreate: validateDaemonSet,
    validateUpdate: validateDaemonSetUpdate,
    validateStatusUpdate: validateDaemonSetStatus,
  },
  fields: {
    spec: message(2, DaemonSetSpec, { doc: "What should run on the nodes, and how it is updated.", always: true }),
    status: message(3, DaemonSetStatus, { doc: "On how many nodes it runs. Read only for users.", always: true }),
  },
})
export type DaemonSet = ObjectOf<typeof DaemonSet>
