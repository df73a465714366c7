import { deepClone } from "../../../machinery/patch/structure.ts"
import { bool, int32, int64, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeConfigSource } from "./node-config.ts"
import { roundToMilli } from "./resource-list.ts"

export const NodeCondition = struct(
  "io.k8s.api.core.v1.NodeCondition",
  {
    type: string(1, {
      doc: "The aspect: Ready, MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable.",
      required: true,
    }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastHeartbeatTime: time(3, { doc: "When the node last reported the condition." }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(6, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of the state of a node." },
)
export type NodeCondition = TypeOf<typeof NodeCondition>

export const NodeAddress = struct(
  "io.k8s.api.core.v1.NodeAddress",
  {
    type: string(1, {
      doc: "What it is: Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.",
      required: true,
    }),
    address: string(2, { doc: "The name or address itself.", required: true }),
  },
  { doc: "One name or address of a node." },
)
export type NodeAddress = TypeOf<typeof NodeAddress>

export const DaemonEndpoint = struct(
  "io.k8s.api.core.v1.DaemonEndpoint",
  {
    Port: int32(1, { doc: "The port number; 0 when the program does not listen.", required: true }),
  },
  { doc: "The port of a program on a node." },
)
export type DaemonEndpoint = TypeOf<typeof DaemonEndpoint>

export const NodeDaemonEndpoints = struct(
  "io.k8s.api.core.v1.NodeDaemonEndpoints",
  {
    kubeletEndpoint: message(1, DaemonEndpoint, {
      doc: "The port of the kubelet, which logs, exec and port-forward go through.",
      always: true,
    }),
  },
  { doc: "Where programs on a node listen." },
)
export type NodeDaemonEndpoints = TypeOf<typeof NodeDaemonEndpoints>

export const NodeSwapStatus = struct(
  "io.k8s.api.core.v1.NodeSwapStatus",
  {
    capacity: int64(1, {
      doc: "How many bytes of swap space the node has. Absent when that is not known.",
      pointer: true,
    }),
  },
  { doc: "The swap space of a node." },
)
export type NodeSwapStatus = TypeOf<typeof NodeSwapStatus>

export const NodeSystemInfo = struct(
  "io.k8s.api.core.v1.NodeSystemInfo",
  {
    machineID: string(1, { doc: "The machine's id, from /etc/machine-id; the same after a restart.", required: true }),
    systemUUID: string(2, {
      doc: "The id that the firmware gives the machine; unlike machineID it differs between clones of a disk.",
      required: true,
    }),
    bootID: string(3, { doc: "An id that is new after every start of the machine.", required: true }),
    kernelVersion: string(4, { doc: "The kernel's version, as uname -r shows it.", required: true }),
    osImage: string(5, { doc: "The name of the operating system, from /etc/os-release.", required: true }),
    containerRuntimeVersion: string(6, {
      doc: "The container runtime and its version, such as containerd://2.1.4.",
      required: true,
    }),
    kubeletVersion: string(7, { doc: "The version of the kubelet.", required: true }),
    kubeProxyVersion: string(8, {
      doc: "No longer filled in with anything useful; older clients require it.",
      required: true,
    }),
    operatingSystem: string(9, { doc: "The kind of operating system: linux or windows.", required: true }),
    architecture: string(10, { doc: "The kind of processor, as Go names it, such as amd64 or arm64.", required: true }),
    swap: message(11, NodeSwapStatus, { doc: "The swap space of the node." }),
  },
  { doc: "What a node is made of." },
)
export type NodeSystemInfo = TypeOf<typeof NodeSystemInfo>

export const ContainerImage = struct(
  "io.k8s.api.core.v1.ContainerImage",
  {
    names: list(1, "string", {
      doc: "The names under which it is known, by tag and by digest.",
      always: true,
      listType: "atomic",
    }),
    sizeBytes: int64(2, { doc: "Its size in bytes." }),
  },
  { doc: "An image that a node has stored." },
)
export type ContainerImage = TypeOf<typeof ContainerImage>

export const AttachedVolume = struct(
  "io.k8s.api.core.v1.AttachedVolume",
  {
    name: string(1, { doc: "The unique name of the volume.", required: true }),
    devicePath: string(2, { doc: "The device under which the node sees it.", required: true }),
  },
  { doc: "A volume that is attached to a node." },
)
export type AttachedVolume = TypeOf<typeof AttachedVolume>

export const NodeConfigStatus = struct(
  "io.k8s.api.core.v1.NodeConfigStatus",
  {
    assigned: message(1, NodeConfigSource, { doc: "The settings that it was given." }),
    active: message(2, NodeConfigSource, { doc: "The settings that it uses." }),
    lastKnownGood: message(3, NodeConfigSource, { doc: "The settings that it goes back to if others do not work." }),
    error: string(4, { doc: "Why the settings that it was given are not in use." }),
  },
  { doc: "Which settings a kubelet was given and used. No longer used." },
)
export type NodeConfigStatus = TypeOf<typeof NodeConfigStatus>

export const NodeRuntimeHandlerFeatures = struct(
  "io.k8s.api.core.v1.NodeRuntimeHandlerFeatures",
  {
    recursiveReadOnlyMounts: bool(1, {
      doc: "Whether read-only mounts can include what is mounted inside them.",
      pointer: true,
    }),
    userNamespaces: bool(2, {
      doc: "Whether pods can have a user namespace, as hostUsers: false asks for.",
      pointer: true,
    }),
  },
  { doc: "What a runtime can do." },
)
export type NodeRuntimeHandlerFeatures = TypeOf<typeof NodeRuntimeHandlerFeatures>

export const NodeRuntimeHandler = struct(
  "io.k8s.api.core.v1.NodeRuntimeHandler",
  {
    name: string(1, { doc: "The handler that a RuntimeClass names; empty for the default one.", always: true }),
    features: message(2, NodeRuntimeHandlerFeatures, { doc: "What it can do." }),
  },
  { doc: "One way in which a node runs containers." },
)
export type NodeRuntimeHandler = TypeOf<typeof NodeRuntimeHandler>

export const NodeFeatures = struct(
  "io.k8s.api.core.v1.NodeFeatures",
  {
    supplementalGroupsPolicy: bool(1, {
      doc: "Whether pods can choose a supplementalGroupsPolicy, and users of containers are reported.",
      pointer: true,
    }),
  },
  { doc: "What the container runtime of a node can do, whatever the handler." },
)
export type NodeFeatures = TypeOf<typeof NodeFeatures>

export const NodeStatus = struct(
  "io.k8s.api.core.v1.NodeStatus",
  {
    capacity: map(1, "quantity", { doc: "What the machine has in all of each resource: cpu, memory, pods and so on." }),
    allocatable: map(2, "quantity", {
      doc: "What of it pods can use, after what is reserved for the system. The scheduler counts with this.",
    }),
    phase: string(3, { doc: "No longer filled in; look at the conditions." }),
    conditions: list(4, NodeCondition, {
      doc: "The state of the node; the scheduler avoids it unless Ready is True.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    addresses: list(5, NodeAddress, {
      doc: "The names and addresses at which the node is reached.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
    daemonEndpoints: message(6, NodeDaemonEndpoints, { doc: "Where the node's programs listen.", always: true }),
    nodeInfo: message(7, NodeSystemInfo, { doc: "Versions and ids of the machine and its software.", always: true }),
    images: list(8, ContainerImage, {
      doc: "The images that the node has stored: the 50 largest, largest first.",
      listType: "atomic",
    }),
    volumesInUse: list(9, "string", {
      doc: "The attachable volumes that pods on the node use, so that they are not detached under them.",
      listType: "atomic",
    }),
    volumesAttached: list(10, AttachedVolume, {
      doc: "Volumes whose disks the machine can reach now, with the device of each.",
      listType: "atomic",
    }),
    config: message(11, NodeConfigStatus, { doc: "No longer used." }),
    runtimeHandlers: list(12, NodeRuntimeHandler, {
      doc: "The ways in which the node can run containers.",
      listType: "atomic",
    }),
    features: message(13, NodeFeatures, { doc: "What the node's container runtime can do." }),
    declaredFeatures: list(14, "string", {
      doc: "Newer features that the node has, by name, so that pods that need one are sent only to nodes with it.",
      listType: "atomic",
    }),
  },
  {
    doc: "What a node reports about itself.",
    defaults: (status) => {
      roundToMilli(status.capacity)
      // Nothing is set aside unless the node says so.
      if (status.capacity !== undefined) status.allocatable ??= deepClone(status.capacity)
      roundToMilli(status.allocatable)
    },
  },
)
export type NodeStatus = TypeOf<typeof NodeStatus>
