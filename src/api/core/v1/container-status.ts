import { bool, int32, int64, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { ResourceRequirements } from "./resources.ts"

export const ContainerStateWaiting = struct(
  "io.k8s.api.core.v1.ContainerStateWaiting",
  {
    reason: string(1, { doc: "Why, as one word, such as ContainerCreating, CrashLoopBackOff or ImagePullBackOff." }),
    message: string(2, { doc: "Why, in words for people." }),
  },
  { doc: "A container that does not run yet, or not at the moment." },
)
export type ContainerStateWaiting = TypeOf<typeof ContainerStateWaiting>

export const ContainerStateRunning = struct(
  "io.k8s.api.core.v1.ContainerStateRunning",
  {
    startedAt: time(1, { doc: "When it was last started." }),
  },
  { doc: "A container that runs." },
)
export type ContainerStateRunning = TypeOf<typeof ContainerStateRunning>

export const ContainerStateTerminated = struct(
  "io.k8s.api.core.v1.ContainerStateTerminated",
  {
    exitCode: int32(1, {
      doc: "The exit code of the process; 0 means success, and 128 plus a signal number that the signal ended it.",
      required: true,
    }),
    signal: int32(2, { doc: "The signal that ended the process, if the runtime reports it." }),
    reason: string(3, { doc: "Why it ended, as one word, such as Completed, Error or OOMKilled." }),
    message: string(4, { doc: "The last message of the process; see terminationMessagePath." }),
    startedAt: time(5, { doc: "When this run began." }),
    finishedAt: time(6, { doc: "When this run ended." }),
    containerID: string(7, { doc: "The id of the container, as <runtime>://<id>." }),
  },
  { doc: "A container that has ended." },
)
export type ContainerStateTerminated = TypeOf<typeof ContainerStateTerminated>

export const ContainerState = struct(
  "io.k8s.api.core.v1.ContainerState",
  {
    waiting: message(1, ContainerStateWaiting, { doc: "The container does not run yet, or waits to be restarted." }),
    running: message(2, ContainerStateRunning, { doc: "The container runs." }),
    terminated: message(3, ContainerStateTerminated, { doc: "The container has ended." }),
  },
  { doc: "What a container is doing. Exactly one member is set." },
)
export type ContainerState = TypeOf<typeof ContainerState>

export const ImageVolumeStatus = struct(
  "io.k8s.api.core.v1.ImageVolumeStatus",
  {
    imageRef: string(1, { doc: "The image by its digest.", required: true }),
  },
  { doc: "The image behind a volume." },
)
export type ImageVolumeStatus = TypeOf<typeof ImageVolumeStatus>

export const VolumeStatus = struct(
  "io.k8s.api.core.v1.VolumeStatus",
  {
    image: message(1, ImageVolumeStatus, { doc: "The image that is mounted, for volumes of type image." }),
  },
  { doc: "What is known about a mounted volume, by its type." },
)
export type VolumeStatus = TypeOf<typeof VolumeStatus>

export const VolumeMountStatus = struct(
  "io.k8s.api.core.v1.VolumeMountStatus",
  {
    name: string(1, { doc: "The name of the volume.", required: true }),
    mountPath: string(2, { doc: "The path in the container.", required: true }),
    readOnly: bool(3, { doc: "Whether the container may only read." }),
    recursiveReadOnly: string(4, {
      doc: "Whether mounts inside it are read-only too: Disabled or Enabled, never IfPossible. Absent for mounts that can be written.",
      pointer: true,
    }),
    volumeStatus: message(5, VolumeStatus, { doc: "What is known about the volume itself." }),
  },
  { doc: "How a volume is mounted in a container." },
)
export type VolumeMountStatus = TypeOf<typeof VolumeMountStatus>

export const LinuxContainerUser = struct(
  "io.k8s.api.core.v1.LinuxContainerUser",
  {
    uid: int64(1, { doc: "The user id of the first process.", required: true }),
    gid: int64(2, { doc: "The primary group id of the first process.", required: true }),
    supplementalGroups: list(3, "int64", { doc: "The other group ids of the first process.", listType: "atomic" }),
  },
  { doc: "Who a process is on Linux." },
)
export type LinuxContainerUser = TypeOf<typeof LinuxContainerUser>

export const ContainerUser = struct(
  "io.k8s.api.core.v1.ContainerUser",
  {
    linux: message(1, LinuxContainerUser, { doc: "Its ids on Linux." }),
  },
  { doc: "Who the first process of a container was when it started." },
)
export type ContainerUser = TypeOf<typeof ContainerUser>

export const ResourceHealth = struct(
  "io.k8s.api.core.v1.ResourceHealth",
  {
    resourceID: string(1, { doc: "The id of the device, unique on its node while the pod exists.", required: true }),
    health: string(2, { doc: "Healthy, Unhealthy or Unknown. Devices that are unhealthy may recover." }),
    message: string(6, { doc: "Details in words for people, if the device's driver gives any.", pointer: true }),
  },
  { doc: "The health of one device." },
)
export type ResourceHealth = TypeOf<typeof ResourceHealth>

export const ResourceStatus = struct(
  "io.k8s.api.core.v1.ResourceStatus",
  {
    name: string(1, {
      doc: "The resource as the container asks for it, or claim:<claim>/<request> for devices of a resource claim.",
      required: true,
    }),
    resources: list(2, ResourceHealth, {
      doc: "The devices and their health.",
      listType: "map",
      mapKeys: ["resourceID"],
    }),
  },
  { doc: "The health of the devices of one kind." },
)
export type ResourceStatus = TypeOf<typeof ResourceStatus>

export const ContainerStatus = struct(
  "io.k8s.api.core.v1.ContainerStatus",
  {
    name: string(1, { doc: "The name of the container.", required: true }),
    state: message(2, ContainerState, { doc: "What it is doing now.", always: true }),
    lastState: message(3, ContainerState, {
      doc: "How its previous run ended, if it has been restarted.",
      always: true,
    }),
    ready: bool(4, {
      doc: "Whether it is ready: its readiness probe succeeds, or it runs and has none.",
      required: true,
    }),
    restartCount: int32(5, {
      doc: "How often it has been restarted. Counted from the containers that still exist on the node, so it can start over.",
      required: true,
    }),
    image: string(6, { doc: "The image that it runs, as the runtime names it.", required: true }),
    imageID: string(7, { doc: "The id or digest of that image.", required: true }),
    containerID: string(8, { doc: "The id of the container, as <runtime>://<id>." }),
    started: bool(9, { doc: "Whether it runs and its startup probe, if any, has succeeded.", pointer: true }),
    allocatedResources: map(10, "quantity", {
      doc: "What the node has set aside for it; after a change it may lag behind what the spec asks for.",
    }),
    resources: message(11, ResourceRequirements, {
      doc: "The requests and limits that are in force for the running container.",
    }),
    volumeMounts: list(12, VolumeMountStatus, {
      doc: "How its volumes are mounted.",
      listType: "map",
      mapKeys: ["mountPath"],
      patchStrategy: "merge",
      mergeKey: "mountPath",
    }),
    user: message(13, ContainerUser, { doc: "Who its first process was when it started." }),
    allocatedResourcesStatus: list(14, ResourceStatus, {
      doc: "The health of the devices that it was given.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    stopSignal: string(15, { doc: "The signal that will ask it to stop.", pointer: true }),
  },
  { doc: "What is known about one container of a pod." },
)
export type ContainerStatus = TypeOf<typeof ContainerStatus>
