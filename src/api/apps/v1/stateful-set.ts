import { FieldPath } from "../../../machinery/field/path.ts"
import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { dns1123Label } from "../../../machinery/names/dns.ts"
import { int32, int64, intOrString, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource, structOf } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age, containerImages, containerNames } from "../../columns.ts"
import { warnAboutClaim } from "../../core/v1/claim-warnings.ts"
import { PersistentVolumeClaim } from "../../core/v1/persistent-volume-claim.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"
import { warnAboutTemplate } from "../../core/v1/pod-warnings.ts"
import {
  validateNewStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from "./validation/stateful-set.ts"

export const RollingUpdateStatefulSetStrategy = struct(
  "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy",
  {
    partition: int32(1, {
      doc: "Only pods with at least this number are updated; the rest keep the old template. Default 0: all are.",
      pointer: true,
    }),
    maxUnavailable: intOrString(2, {
      doc: "How many pods may be missing during the update: a number, or a percentage rounded up. Default 1; it cannot be 0.",
    }),
  },
  { doc: "Pods are replaced from the highest number down." },
)
export type RollingUpdateStatefulSetStrategy = TypeOf<typeof RollingUpdateStatefulSetStrategy>

export const StatefulSetUpdateStrategy = struct(
  "io.k8s.api.apps.v1.StatefulSetUpdateStrategy",
  {
    type: string(1, {
      doc: "RollingUpdate (the default) replaces pods one by one; OnDelete waits until you delete each old pod.",
    }),
    rollingUpdate: message(2, RollingUpdateStatefulSetStrategy, {
      doc: "How a rolling update goes; only used when type is RollingUpdate.",
    }),
  },
  {
    doc: "How pods are replaced when the template changes.",
    defaults: (strategy) => {
      if (!strategy.type) {
        strategy.type = "RollingUpdate"
        strategy.rollingUpdate ??= {}
      }
      if (strategy.type === "RollingUpdate" && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0
    },
  },
)
export type StatefulSetUpdateStrategy = TypeOf<typeof StatefulSetUpdateStrategy>

export const StatefulSetPersistentVolumeClaimRetentionPolicy = struct(
  "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  {
    whenDeleted: string(1, {
      doc: "What becomes of them when the set is deleted: Retain (the default) or Delete.",
      default: "Retain",
    }),
    whenScaled: string(2, {
      doc: "What becomes of the claim of a pod that scaling down removes: Retain (the default) or Delete.",
      default: "Retain",
    }),
  },
  { doc: "What becomes of the claims made from volumeClaimTemplates." },
)
export type StatefulSetPersistentVolumeClaimRetentionPolicy = TypeOf<
  typeof StatefulSetPersistentVolumeClaimRetentionPolicy
>

export const StatefulSetOrdinals = struct(
  "io.k8s.api.apps.v1.StatefulSetOrdinals",
  {
    start: int32(1, { doc: "The number of the first pod. Default 0.", always: true }),
  },
  { doc: "How pods are numbered." },
)
export type StatefulSetOrdinals = TypeOf<typeof StatefulSetOrdinals>

export const StatefulSetSpec = struct(
  "io.k8s.api.apps.v1.StatefulSetSpec",
  {
    replicas: int32(1, {
      doc: "How many pods should run, named <set>-0, <set>-1 and so on. Default 1; 0 stops them all and keeps their storage.",
      default: 1,
      pointer: true,
    }),
    selector: message(2, LabelSelector, {
      doc: "Which pods belong to the set. It must match the labels of the template and cannot be changed later.",
      required: true,
      pointer: true,
    }),
    template: message(3, PodTemplateSpec, {
      doc: "What each pod runs. Its restartPolicy must be Always.",
      required: true,
    }),
    volumeClaimTemplates: list(4, structOf(PersistentVolumeClaim), {
      doc: "Claims that each pod gets for itself and finds again after a restart or move. They cannot be changed later.",
      listType: "atomic",
    }),
    serviceName: string(5, {
      doc: "The headless service that gives each pod a DNS name, <pod>.<service>. You make it yourself; it cannot be changed later.",
      always: true,
    }),
    podManagementPolicy: string(6, {
      doc: "OrderedReady (the default) starts each pod when the one before is ready and stops them in reverse; Parallel does not wait. It cannot be changed.",
      default: "OrderedReady",
    }),
    updateStrategy: message(7, StatefulSetUpdateStrategy, {
      doc: "How pods are replaced when the template changes.",
      always: true,
    }),
    revisionHistoryLimit: int32(8, {
      doc: "How many old templates stay for kubectl rollout undo. Default 10.",
      default: 10,
      pointer: true,
    }),
    minReadySeconds: int32(9, {
      doc: "How many seconds a new pod must have been ready without a crash before it counts as available. Default 0.",
    }),
    persistentVolumeClaimRetentionPolicy: message(10, StatefulSetPersistentVolumeClaimRetentionPolicy, {
      doc: "Whether the claims of pods are deleted with the set or when it shrinks. Default: they stay.",
      default: {},
    }),
    ordinals: message(11, StatefulSetOrdinals, { doc: "From which number pods are counted. Default: 0." }),
  },
  {
    doc: "What a stateful set runs, and what storage each pod has.",
    defaults: ({ volumeClaimTemplates = [] }) => {
      for (const claim of volumeClaimTemplates) {
        claim.apiVersion = PersistentVolumeClaim.apiVersion
        claim.kind = PersistentVolumeClaim.kind
      }
    },
  },
)
export type StatefulSetSpec = TypeOf<typeof StatefulSetSpec>

export const StatefulSetCondition = struct(
  "io.k8s.api.apps.v1.StatefulSetCondition",
  {
    type: string(1, { doc: "The aspect; no type is fixed.", required: true }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of how a stateful set is doing." },
)
export type StatefulSetCondition = TypeOf<typeof StatefulSetCondition>

export const StatefulSetStatus = struct(
  "io.k8s.api.apps.v1.StatefulSetStatus",
  {
    observedGeneration: int64(1, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
    replicas: int32(2, { doc: "How many pods of the set exist.", required: true }),
    readyReplicas: int32(3, { doc: "How many of its pods are ready." }),
    currentReplicas: int32(4, { doc: "How many of its pods have the template of currentRevision." }),
    updatedReplicas: int32(5, { doc: "How many of its pods have the template of updateRevision." }),
    currentRevision: string(6, { doc: "The template of the pods that are not updated yet." }),
    updateRevision: string(7, { doc: "The template that pods are being updated to." }),
    collisionCount: int32(9, {
      doc: "How often the name for a new revision was already taken. The controller mixes it into the next name.",
      pointer: true,
    }),
    conditions: list(10, StatefulSetCondition, {
      doc: "How the set is doing.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    availableReplicas: int32(11, {
      doc: "How many of its pods have been ready for at least minReadySeconds.",
      always: true,
    }),
  },
  { doc: "How far a stateful set is, as its controller last saw it." },
)
export type StatefulSetStatus = TypeOf<typeof StatefulSetStatus>

const SPEC = FieldPath.root("spec")

interface Set {
  readonly metadata: ObjectMeta
  readonly spec: StatefulSetSpec
}

function warnings({ metadata, spec }: Set, old: Pick<Set, "metadata"> | undefined): readonly string[] {
  const { template, volumeClaimTemplates = [], revisionHistoryLimit } = spec
  const claims = SPEC.child("volumeClaimTemplates")
  return [
    ...(old?.metadata.generation !== metadata.generation || old === undefined
      ? warnAboutTemplate(template, SPEC.child("template"))
      : []),
    ...volumeClaimTemplates.flatMap((claim, index) => {
      // As in Kubernetes, which names the spec only in updates, with a capital letter.
      const at = claims.index(index)
      return warnAboutClaim(claim.spec, old === undefined ? at : at.child("Spec"))
    }),
    ...(revisionHistoryLimit < 0
      ? ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]
      : []),
  ]
}

/**
 * Runs pods with fixed names and storage of their own, one after the other, such as the members of a database.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 */
export const StatefulSet = defineResource({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  shortNames: ["sts"],
  categories: ["all"],
  subresources: {
    scale: { verbs: ["get", "patch", "update"], kind: "Scale", group: "autoscaling", version: "v1" },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Runs pods with fixed names and storage of their own, one after the other, such as the members of a database.",
  definition: "io.k8s.api.apps.v1.StatefulSet",
  columns: [
    {
      name: "Ready",
      type: "string",
      doc: "How many pods are ready, of all that there should be.",
      value: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`,
    },
    age,
    containerNames,
    containerImages,
  ],
  strategy: {
    // Pods are named after the set, and their names are host names.
    nameFormat: { name: "dns-1123-label", check: dns1123Label },
    generation: true,
    unconditionalUpdate: true,
    warnings,
    validateCreate: validateNewStatefulSet,
    validateUpdate: validateStatefulSetUpdate,
    validateStatusUpdate: validateStatefulSetStatus,
  },
  fields: {
    spec: message(2, StatefulSetSpec, { doc: "What should run, and with what storage.", always: true }),
    status: message(3, StatefulSetStatus, { doc: "How far the controller is. Read only for users.", always: true }),
  },
})
export type StatefulSet = ObjectOf<typeof StatefulSet>
