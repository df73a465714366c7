import { bool, int32, int64, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { ResourceRequirements } from "./resources.ts"

export const ContainerStateWaiting = struct("io.k8s.api.core.v1.ContainerStateWaiting", {
  reason: string(1, { doc: "" }),
  message: string(2, { doc: "" }),
})
export type ContainerStateWaiting = TypeOf<typeof ContainerStateWaiting>

export const ContainerStateRunning = struct("io.k8s.api.core.v1.ContainerStateRunning", {
  startedAt: time(1, { doc: "" }),
})
export type ContainerStateRunning = TypeOf<typeof ContainerStateRunning>

export const ContainerStateTerminated = struct("io.k8s.api.core.v1.ContainerStateTerminated", {
  exitCode: int32(1, { doc: "", required: true }),
  signal: int32(2, { doc: "" }),
  reason: string(3, { doc: "" }),
  message: string(4, { doc: "" }),
  startedAt: time(5, { doc: "" }),
  finishedAt: time(6, { doc: "" }),
  containerID: string(7, { doc: "" }),
})
export type ContainerStateTerminated = TypeOf<typeof ContainerStateTerminated>

export const ContainerState = struct("io.k8s.api.core.v1.ContainerState", {
  waiting: message(1, ContainerStateWaiting, { doc: "" }),
  running: message(2, ContainerStateRunning, { doc: "" }),
  terminated: message(3, ContainerStateTerminated, { doc: "" }),
})
export type ContainerState = TypeOf<typeof ContainerState>

export const ImageVolumeStatus = struct("io.k8s.api.core.v1.ImageVolumeStatus", {
  imageRef: string(1, { doc: "", required: true }),
})
export type ImageVolumeStatus = TypeOf<typeof ImageVolumeStatus>

export const VolumeStatus = struct("io.k8s.api.core.v1.VolumeStatus", {
  image: message(1, ImageVolumeStatus, { doc: "" }),
})
export type VolumeStatus = TypeOf<typeof VolumeStatus>

export const VolumeMountStatus = struct("io.k8s.api.core.v1.VolumeMountStatus", {
  name: string(1, { doc: "", required: true }),
  mountPath: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
  recursiveReadOnly: string(4, { doc: "", pointer: true }),
  volumeStatus: message(5, VolumeStatus, { doc: "" }),
})
export type VolumeMountStatus = TypeOf<typeof VolumeMountStatus>

export const LinuxContainerUser = struct("io.k8s.api.core.v1.LinuxContainerUser", {
  uid: int64(1, { doc: "", required: true }),
  gid: int64(2, { doc: "", required: true }),
  supplementalGroups: list(3, "int64", { doc: "", listType: "atomic" }),
})
export type LinuxContainerUser = TypeOf<typeof LinuxContainerUser>

export const ContainerUser = struct("io.k8s.api.core.v1.ContainerUser", {
  linux: message(1, LinuxContainerUser, { doc: "" }),
})
export type ContainerUser = TypeOf<typeof ContainerUser>

export const ResourceHealth = struct("io.k8s.api.core.v1.ResourceHealth", {
  resourceID: string(1, { doc: "", required: true }),
  health: string(2, { doc: "" }),
  message: string(6, { doc: "", pointer: true }),
})
export type ResourceHealth = TypeOf<typeof ResourceHealth>

export const ResourceStatus = struct("io.k8s.api.core.v1.ResourceStatus", {
  name: string(1, { doc: "", required: true }),
  resources: list(2, ResourceHealth, { doc: "", listType: "map", mapKeys: ["resourceID"] }),
})
export type ResourceStatus = TypeOf<typeof ResourceStatus>

export const ContainerStatus = struct("io.k8s.api.core.v1.ContainerStatus", {
  name: string(1, { doc: "", required: true }),
  state: message(2, ContainerState, { doc: "", always: true }),
  lastState: message(3, ContainerState, { doc: "", always: true }),
  ready: bool(4, { doc: "", required: true }),
  restartCount: int32(5, { doc: "", required: true }),
  image: string(6, { doc: "", required: true }),
  imageID: string(7, { doc: "", required: true }),
  containerID: string(8, { doc: "" }),
  started: bool(9, { doc: "", pointer: true }),
  allocatedResources: map(10, "quantity", { doc: "" }),
  resources: message(11, ResourceRequirements, { doc: "" }),
  volumeMounts: list(12, VolumeMountStatus, {
    doc: "",
    listType: "map",
    mapKeys: ["mountPath"],
    patchStrategy: "merge",
    mergeKey: "mountPath",
  }),
  user: message(13, ContainerUser, { doc: "" }),
  allocatedResourcesStatus: list(14, ResourceStatus, {
    doc: "",
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
  }),
  stopSignal: string(15, { doc: "", pointer: true }),
})
export type ContainerStatus = TypeOf<typeof ContainerStatus>
