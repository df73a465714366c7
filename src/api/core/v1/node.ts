import { deepClone } from "../../../machinery/patch/structure.ts"
import { bool, int32, int64, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { nodeColumns } from "./node-columns.ts"
import { roundToMilli } from "./resource-list.ts"
import { Taint } from "./toleration.ts"
import { validateNode, validateNodeStatus, validateNodeUpdate } from "./validation/node.ts"

export const ConfigMapNodeConfigSource = struct("io.k8s.api.core.v1.ConfigMapNodeConfigSource", {
  namespace: string(1, { doc: "", required: true }),
  name: string(2, { doc: "", required: true }),
  uid: string(3, { doc: "" }),
  resourceVersion: string(4, { doc: "" }),
  kubeletConfigKey: string(5, { doc: "", required: true }),
})
export type ConfigMapNodeConfigSource = TypeOf<typeof ConfigMapNodeConfigSource>

export const NodeConfigSource = struct("io.k8s.api.core.v1.NodeConfigSource", {
  configMap: message(2, ConfigMapNodeConfigSource, { doc: "" }),
})
export type NodeConfigSource = TypeOf<typeof NodeConfigSource>

export const NodeSpec = struct(
  "io.k8s.api.core.v1.NodeSpec",
  {
    podCIDR: string(1, { doc: "" }),
    podCIDRs: list(7, "string", { doc: "", listType: "set", patchStrategy: "merge" }),
    providerID: string(3, { doc: "" }),
    unschedulable: bool(4, { doc: "" }),
    taints: list(5, Taint, { doc: "", listType: "atomic" }),
    configSource: message(6, NodeConfigSource, { doc: "" }),
    externalID: string(2, { doc: "" }),
  },
  {
    defaults: (spec) => {
      // The single range is an old name of the first in the list; when they differ, the old client is right.
      if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR]
      else if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0]
    },
  },
)
export type NodeSpec = TypeOf<typeof NodeSpec>

export const NodeCondition = struct("io.k8s.api.core.v1.NodeCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastHeartbeatTime: time(3, { doc: "" }),
  lastTransitionTime: time(4, { doc: "" }),
  reason: string(5, { doc: "" }),
  message: string(6, { doc: "" }),
})
export type NodeCondition = TypeOf<typeof NodeCondition>

export const NodeAddress = struct("io.k8s.api.core.v1.NodeAddress", {
  type: string(1, { doc: "", required: true }),
  address: string(2, { doc: "", required: true }),
})
export type NodeAddress = TypeOf<typeof NodeAddress>

export const DaemonEndpoint = struct("io.k8s.api.core.v1.DaemonEndpoint", {
  Port: int32(1, { doc: "", required: true }),
})
export type DaemonEndpoint = TypeOf<typeof DaemonEndpoint>

export const NodeDaemonEndpoints = struct("io.k8s.api.core.v1.NodeDaemonEndpoints", {
  kubeletEndpoint: message(1, DaemonEndpoint, { doc: "", always: true }),
})
export type NodeDaemonEndpoints = TypeOf<typeof NodeDaemonEndpoints>

export const NodeSwapStatus = struct("io.k8s.api.core.v1.NodeSwapStatus", {
  capacity: int64(1, { doc: "", pointer: true }),
})
export type NodeSwapStatus = TypeOf<typeof NodeSwapStatus>

export const NodeSystemInfo = struct("io.k8s.api.core.v1.NodeSystemInfo", {
  machineID: string(1, { doc: "", required: true }),
  systemUUID: string(2, { doc: "", required: true }),
  bootID: string(3, { doc: "", required: true }),
  kernelVersion: string(4, { doc: "", required: true }),
  osImage: string(5, { doc: "", required: true }),
  containerRuntimeVersion: string(6, { doc: "", required: true }),
  kubeletVersion: string(7, { doc: "", required: true }),
  kubeProxyVersion: string(8, { doc: "", required: true }),
  operatingSystem: string(9, { doc: "", required: true }),
  architecture: string(10, { doc: "", required: true }),
  swap: message(11, NodeSwapStatus, { doc: "" }),
})
export type NodeSystemInfo = TypeOf<typeof NodeSystemInfo>

export const ContainerImage = struct("io.k8s.api.core.v1.ContainerImage", {
  names: list(1, "string", { doc: "", always: true, listType: "atomic" }),
  sizeBytes: int64(2, { doc: "" }),
})
export type ContainerImage = TypeOf<typeof ContainerImage>

export const AttachedVolume = struct("io.k8s.api.core.v1.AttachedVolume", {
  name: string(1, { doc: "", required: true }),
  devicePath: string(2, { doc: "", required: true }),
})
export type AttachedVolume = TypeOf<typeof AttachedVolume>

export const NodeConfigStatus = struct("io.k8s.api.core.v1.NodeConfigStatus", {
  assigned: message(1, NodeConfigSource, { doc: "" }),
  active: message(2, NodeConfigSource, { doc: "" }),
  lastKnownGood: message(3, NodeConfigSource, { doc: "" }),
  error: string(4, { doc: "" }),
})
export type NodeConfigStatus = TypeOf<typeof NodeConfigStatus>

export const NodeRuntimeHandlerFeatures = struct("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", {
  recursiveReadOnlyMounts: bool(1, { doc: "", pointer: true }),
  userNamespaces: bool(2, { doc: "", pointer: true }),
})
export type NodeRuntimeHandlerFeatures = TypeOf<typeof NodeRuntimeHandlerFeatures>

export const NodeRuntimeHandler = struct("io.k8s.api.core.v1.NodeRuntimeHandler", {
  name: string(1, { doc: "", always: true }),
  features: message(2, NodeRuntimeHandlerFeatures, { doc: "" }),
})
export type NodeRuntimeHandler = TypeOf<typeof NodeRuntimeHandler>

export const NodeFeatures = struct("io.k8s.api.core.v1.NodeFeatures", {
  supplementalGroupsPolicy: bool(1, { doc: "", pointer: true }),
})
export type NodeFeatures = TypeOf<typeof NodeFeatures>

export const NodeStatus = struct(
  "io.k8s.api.core.v1.NodeStatus",
  {
    capacity: map(1, "quantity", { doc: "" }),
    allocatable: map(2, "quantity", { doc: "" }),
    phase: string(3, { doc: "" }),
    conditions: list(4, NodeCondition, {
      doc: "",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    addresses: list(5, NodeAddress, {
      doc: "",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    daemonEndpoints: message(6, NodeDaemonEndpoints, { doc: "", always: true }),
    nodeInfo: message(7, NodeSystemInfo, { doc: "", always: true }),
    images: list(8, ContainerImage, { doc: "", listType: "atomic" }),
    volumesInUse: list(9, "string", { doc: "", listType: "atomic" }),
    volumesAttached: list(10, AttachedVolume, { doc: "", listType: "atomic" }),
    config: message(11, NodeConfigStatus, { doc: "" }),
    runtimeHandlers: list(12, NodeRuntimeHandler, { doc: "", listType: "atomic" }),
    features: message(13, NodeFeatures, { doc: "" }),
    declaredFeatures: list(14, "string", { doc: "", listType: "atomic" }),
  },
  {
    defaults: (status) => {
      roundToMilli(status.capacity)
      // Nothing is set aside unless the node says so.
      if (status.capacity !== undefined) status.allocatable ??= deepClone(status.capacity)
      roundToMilli(status.allocatable)
    },
  },
)
export type NodeStatus = TypeOf<typeof NodeStatus>

/** TODO(doc) */
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
  doc: "",
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
    spec: message(2, NodeSpec, { doc: "", always: true }),
    status: message(3, NodeStatus, { doc: "", always: true }),
  },
})
export type Node = ObjectOf<typeof Node>
