import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { deepClone, deepEqual } from "../../../machinery/patch/structure.ts"
import {
  bool,
  int32,
  int64,
  intOrString,
  list,
  message,
  string,
  struct,
  time,
} from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age, containerImages, containerNames, selectorCell } from "../../columns.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"
import { templateWarnings } from "../../core/v1/pod-warnings.ts"
import { validateDeployment, validateDeploymentStatus } from "./validation/deployment.ts"

export const RollingUpdateDeployment = struct(
  "io.k8s.api.apps.v1.RollingUpdateDeployment",
  {
    maxUnavailable: intOrString(1, {
      doc: "How many pods may be missing during the update: a number, or a percentage of replicas rounded down. Default 25%; it may not be 0 when maxSurge is 0.",
    }),
    maxSurge: intOrString(2, {
      doc: "How many pods may run beyond replicas during the update: a number, or a percentage of replicas rounded up. Default 25%; it may not be 0 when maxUnavailable is 0.",
    }),
  },
  { doc: "Higher numbers finish sooner; maxSurge takes spare resources, maxUnavailable takes capacity away." },
)
export type RollingUpdateDeployment = TypeOf<typeof RollingUpdateDeployment>

export const DeploymentStrategy = struct(
  "io.k8s.api.apps.v1.DeploymentStrategy",
  {
    type: string(1, {
      doc: "RollingUpdate (the default) replaces pods step by step and stays available; Recreate ends all old pods before the first new one starts.",
      default: "RollingUpdate",
    }),
    rollingUpdate: message(2, RollingUpdateDeployment, {
      doc: "How fast a rolling update goes; only allowed when type is RollingUpdate.",
    }),
  },
  {
    doc: "RollingUpdate has old and new pods side by side for a while; Recreate has none of either for a moment.",
    defaults: (strategy) => {
      if (strategy.type !== "RollingUpdate") return
      const rolling = (strategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= "25%"
      rolling.maxSurge ??= "25%"
    },
  },
)
export type DeploymentStrategy = TypeOf<typeof DeploymentStrategy>

export const DeploymentSpec = struct(
  "io.k8s.api.apps.v1.DeploymentSpec",
  {
    replicas: int32(1, {
      doc: "How many pods should run. Default 1; 0 stops them all and keeps the deployment.",
      default: 1,
      pointer: true,
    }),
    selector: message(2, LabelSelector, {
      doc: "Which pods belong to the deployment. It must match the labels of the template and cannot be changed later.",
      immutable: true,
      required: true,
    }),
    template: message(3, PodTemplateSpec, {
      doc: "The pods to run. Every change here starts a rollout; changing only replicas does not. Its restartPolicy must be Always.",
      required: true,
    }),
    strategy: message(4, DeploymentStrategy, {
      doc: "How old pods give way to new ones when the template changes.",
      always: true,
      patchStrategy: "retainKeys",
    }),
    minReadySeconds: int32(5, {
      doc: "How many seconds a new pod must have been ready without a crash before it counts as available. Default 0: as soon as it is ready.",
    }),
    revisionHistoryLimit: int32(6, {
      doc: "How many old replica sets stay for kubectl rollout undo. Default 10; with 0 there is nothing to go back to.",
      default: 10,
      pointer: true,
    }),
    paused: bool(7, {
      doc: "While true, changes of the template are only recorded and start no rollout; scaling goes on. Default false.",
    }),
    progressDeadlineSeconds: int32(9, {
      doc: "After how many seconds without progress a rollout is reported as failed in the condition Progressing. Nothing is rolled back. Default 600; it must exceed minReadySeconds.",
      default: 600,
      pointer: true,
    }),
  },
  { doc: "What a deployment should run, and how it moves from one version to the next." },
)
export type DeploymentSpec = TypeOf<typeof DeploymentSpec>

export const DeploymentCondition = struct(
  "io.k8s.api.apps.v1.DeploymentCondition",
  {
    type: string(1, { doc: "The aspect: Available, Progressing or ReplicaFailure.", required: true }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastUpdateTime: time(6, { doc: "When the condition was last written, with or without a change of its status." }),
    lastTransitionTime: time(7, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of how a deployment is doing." },
)
export type DeploymentCondition = TypeOf<typeof DeploymentCondition>

export const DeploymentStatus = struct(
  "io.k8s.api.apps.v1.DeploymentStatus",
  {
    observedGeneration: int64(1, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
    replicas: int32(2, {
      doc: "How many pods the selector finds that have not ended and are not being deleted, of old and new templates together.",
    }),
    updatedReplicas: int32(3, { doc: "How many of these pods have the current template." }),
    readyReplicas: int32(7, { doc: "How many of these pods are ready." }),
    availableReplicas: int32(4, { doc: "How many of these pods have been ready for at least minReadySeconds." }),
    unavailableReplicas: int32(5, { doc: "How many pods are still missing until all wanted ones are available." }),
    terminatingReplicas: int32(9, { doc: "How many pods are being deleted but have not ended yet.", pointer: true }),
    conditions: list(6, DeploymentCondition, {
      doc: "How the deployment is doing: Available, Progressing and ReplicaFailure.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    collisionCount: int32(8, {
      doc: "How often the name for a new replica set was already taken. The controller mixes it into the next name.",
      pointer: true,
    }),
  },
  { doc: "How far a deployment is, as its controller last saw it." },
)
export type DeploymentStatus = TypeOf<typeof DeploymentStatus>

/**
 * Keeps a number of identical pods running and replaces them step by step when their template changes.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 */
export const Deployment = defineResource({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: {
    scale: { verbs: ["get", "patch", "update"], kind: "Scale", group: "autoscaling", version: "v1" },
    status: { verbs: ["get", "patch", "update"], resets: ["spec", "metadata.labels"] },
  },
  doc: "Keeps a number of identical pods running and replaces them step by step when their template changes.",
  definition: "io.k8s.api.apps.v1.Deployment",
  columns: [
    {
      name: "Ready",
      type: "string",
      doc: "How many pods are ready, of all that there should be.",
      value: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas}`,
    },
    {
      name: "Up-to-date",
      type: "string",
      doc: "How many pods have the newest template.",
      value: ({ status }) => status.updatedReplicas ?? 0,
    },
    {
      name: "Available",
      type: "string",
      doc: "How many pods have been ready for long enough.",
      value: ({ status }) => status.availableReplicas ?? 0,
    },
    age,
    containerNames,
    containerImages,
    {
      name: "Selector",
      type: "string",
      priority: 1,
      doc: "Which pods belong to it.",
      value: ({ spec }) => selectorCell(spec.selector, ""),
    },
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    warnings: templateWarnings,
    validate: validateDeployment,
    validateStatusUpdate: validateDeploymentStatus,
    prepareUpdate: ({ metadata }, old) => {
      // Annotations are copied to replica sets, so their change is one that the controller must observe.
      if (deepEqual(metadata.annotations ?? {}, old.metadata.annotations ?? {})) return
      metadata.generation = (old.metadata.generation ?? 0) + 1
    },
    prepareStatusUpdate: ({ metadata }, old) => {
      if (old.metadata.labels === undefined) delete metadata.labels
      else metadata.labels = deepClone(old.metadata.labels)
    },
  },
  fields: {
    spec: message(2, DeploymentSpec, { doc: "What should run, and how it is updated.", always: true }),
    status: message(3, DeploymentStatus, { doc: "How far the controller is. Read only for users.", always: true }),
  },
})
export type Deployment = ObjectOf<typeof Deployment>
