import { bool, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { nodeColumns } from "./node-columns.ts"
import { NodeConfigSource } from "./node-config.ts"
import { NodeStatus } from "./node-status.ts"
import { Taint } from "./toleration.ts"

const { validateNode, validateNodeStatus, validateNodeUpdate } = onFirstCall<typeof import("./validation/node.ts")>(
  "./validation/node.ts",
  import.meta.url,
)

export const NodeSpec = struct(
  "io.k8s.api.core.v1.NodeSpec",
  {
    podCIDR: string(1, { doc: "The range from which pods on this node get their addresses. The first of podCIDRs." }),
    podCIDRs: list(7, "string", {
      doc: "The ranges from which pods on this node get their addresses, at most one for each IP family. They cannot be changed once set.",
      listType: "set",
      patchStrategy: "merge",
    }),
    providerID: string(3, {
      doc: "The cloud provider's name for the machine, as <provider>://<id>. It cannot be changed once set.",
    }),
    unschedulable: bool(4, {
      doc: "Whether new pods stay away, as after kubectl cordon. Pods that run already stay. Default false.",
    }),
    taints: list(5, Taint, { doc: "Marks that keep away pods that do not tolerate them.", listType: "atomic" }),
    configSource: message(6, NodeConfigSource, { doc: "No longer used; a change is refused." }),
    externalID: string(2, { doc: "No longer used; older clients may still show it." }),
  },
  {
    doc: "What others should know about a node, and whether it takes pods.",
    defaults: (spec) => {
      // The single range is an old name of the first in the list; when they differ, the old client is right.
      if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR]
      else if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0]
    },
  },
)
export type NodeSpec = TypeOf<typeof NodeSpec>

/** A machine of the cluster, on which pods run. https://kubernetes.io/docs/concepts/architecture/nodes/ */
export const Node = defineResource({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  shortNames: ["no"],
  namespaced: false,
  subresources: {
    proxy: { verbs: ["create", "delete", "get", "patch", "update"], kind: "NodeProxyOptions" },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "A machine of the cluster, on which pods run.",
  definition: "io.k8s.api.core.v1.Node",
  columns: nodeColumns,
  selectableFields: { "spec.unschedulable": ({ spec }) => `${spec.unschedulable ?? false}` },
  strategy: {
    unconditionalUpdate: true,
    statusOnCreate: true,
    validate: validateNode,
    validateUpdate: validateNodeUpdate,
    validateStatusUpdate: validateNodeStatus,
    prepareCreate: ({ spec, status }) => {
      delete spec.configSource
      delete status.config
    },
    prepareUpdate: ({ spec }, old) => {
      if (old.spec.configSource === undefined) delete spec.configSource
    },
    prepareStatusUpdate: ({ status }, old) => {
      if (old.status.config === undefined) delete status.config
    },
    warnings: ({ spec }) => [
      ...(spec.configSource === undefined ? [] : ["spec.configSource: the feature is removed"]),
      ...(spec.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
    ],
  },
  fields: {
    spec: message(2, NodeSpec, { doc: "Whether the node takes pods, and which addresses they get.", always: true }),
    status: message(3, NodeStatus, {
      doc: "What the node reports about itself. Written by its kubelet.",
      always: true,
    }),
  },
})
export type Node = ObjectOf<typeof Node>
