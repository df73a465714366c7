import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { podColumns, podSelectableFields } from "./pod-columns.ts"
import { defaultPod } from "./pod-defaults.ts"
import { PodSpec } from "./pod-spec.ts"
import { PodStatus } from "./pod-status.ts"
import { gracePeriodSeconds, prepareCreate, prepareStatusUpdate, prepareUpdate } from "./pod-strategy.ts"

const { podWarnings } = onFirstCall<typeof import("./pod-warnings.ts")>("./pod-warnings.ts", import.meta.url)
const { validateNewPod, validatePod } = onFirstCall<typeof import("./validation/pod.ts")>(
  "./validation/pod.ts",
  import.meta.url,
)
const { validatePodStatusUpdate } = onFirstCall<typeof import("./validation/pod-status.ts")>(
  "./validation/pod-status.ts",
  import.meta.url,
)
const { validatePodUpdate } = onFirstCall<typeof import("./validation/pod-update.ts")>(
  "./validation/pod-update.ts",
  import.meta.url,
)

/**
 * A group of containers that run together on one node and share network and volumes.
 * https://kubernetes.io/docs/concepts/workloads/pods/
 */
export const Pod = defineResource({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
  subresources: {
    attach: { verbs: ["create", "get"], kind: "PodAttachOptions" },
    binding: { verbs: ["create"], kind: "Binding" },
    ephemeralcontainers: { verbs: ["get", "patch", "update"] },
    eviction: { verbs: ["create"], kind: "Eviction", group: "policy", version: "v1" },
    exec: { verbs: ["create", "get"], kind: "PodExecOptions" },
    log: { verbs: ["get"] },
    portforward: { verbs: ["create", "get"], kind: "PodPortForwardOptions" },
    proxy: { verbs: ["create", "delete", "get", "patch", "update"], kind: "PodProxyOptions" },
    resize: { verbs: ["get", "patch", "update"] },
    status: {
      verbs: ["get", "patch", "update"],
      resets: ["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"],
    },
  },
  doc: "A group of containers that run together on one node and share network and volumes.",
  definition: "io.k8s.api.core.v1.Pod",
  columns: podColumns,
  selectableFields: podSelectableFields,
  defaults: defaultPod,
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    prepareCreate,
    prepareUpdate,
    prepareStatusUpdate,
    validate: validatePod,
    validateCreate: validateNewPod,
    validateUpdate: validatePodUpdate,
    validateStatusUpdate: validatePodStatusUpdate,
    gracePeriodSeconds,
    warnings: podWarnings,
    returnsDeleted: true,
  },
  fields: {
    spec: message(2, PodSpec, {
      doc: "What the pod should run. After creation only a few members can change, such as container images.",
      always: true,
    }),
    status: message(3, PodStatus, {
      doc: "What the node reports about the pod. It may be some seconds old.",
      always: true,
    }),
  },
})
export type Pod = ObjectOf<typeof Pod>
