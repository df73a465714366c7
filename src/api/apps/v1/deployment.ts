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

export const RollingUpdateDeployment = struct("io.k8s.api.apps.v1.RollingUpdateDeployment", {
  maxUnavailable: intOrString(1, { doc: "" }),
  maxSurge: intOrString(2, { doc: "" }),
})
export type RollingUpdateDeployment = TypeOf<typeof RollingUpdateDeployment>

export const DeploymentStrategy = struct(
  "io.k8s.api.apps.v1.DeploymentStrategy",
  {
    type: string(1, { doc: "", default: "RollingUpdate" }),
    rollingUpdate: message(2, RollingUpdateDeployment, { doc: "" }),
  },
  {
    defaults: (strategy) => {
      if (strategy.type !== "RollingUpdate") return
      const rolling = (strategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= "25%"
      rolling.maxSurge ??= "25%"
    },
  },
)
export type DeploymentStrategy = TypeOf<typeof DeploymentStrategy>

export const DeploymentSpec = struct("io.k8s.api.apps.v1.DeploymentSpec", {
  replicas: int32(1, { doc: "", default: 1, pointer: true }),
  selector: message(2, LabelSelector, { doc: "", immutable: true, required: true }),
  template: message(3, PodTemplateSpec, { doc: "", required: true }),
  strategy: message(4, DeploymentStrategy, { doc: "", always: true, patchStrategy: "retainKeys" }),
  minReadySeconds: int32(5, { doc: "" }),
  revisionHistoryLimit: int32(6, { doc: "", default: 10, pointer: true }),
  paused: bool(7, { doc: "" }),
  progressDeadlineSeconds: int32(9, { doc: "", default: 600, pointer: true }),
})
export type DeploymentSpec = TypeOf<typeof DeploymentSpec>

export const DeploymentCondition = struct("io.k8s.api.apps.v1.DeploymentCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastUpdateTime: time(6, { doc: "" }),
  lastTransitionTime: time(7, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type DeploymentCondition = TypeOf<typeof DeploymentCondition>

export const DeploymentStatus = struct("io.k8s.api.apps.v1.DeploymentStatus", {
  observedGeneration: int64(1, { doc: "" }),
  replicas: int32(2, { doc: "" }),
  updatedReplicas: int32(3, { doc: "" }),
  readyReplicas: int32(7, { doc: "" }),
  availableReplicas: int32(4, { doc: "" }),
  unavailableReplicas: int32(5, { doc: "" }),
  terminatingReplicas: int32(9, { doc: "", pointer: true }),
  conditions: list(6, DeploymentCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
  collisionCount: int32(8, { doc: "", pointer: true }),
})
export type DeploymentStatus = TypeOf<typeof DeploymentStatus>

/** TODO(doc) */
export const Deployment = defineResource({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: {
    scale: { verbs: ["get", "patch", "update"], kind: "Scale", group: "autoscaling", version: "v1" },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
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
    spec: message(2, DeploymentSpec, { doc: "", always: true }),
    status: message(3, DeploymentStatus, { doc: "", always: true }),
  },
})
export type Deployment = ObjectOf<typeof Deployment>
