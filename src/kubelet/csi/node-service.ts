/** The calls of CSI that a node makes. https://github.com/container-storage-interface/spec/blob/master/spec.md#node-service-rpc */
import { bool, Empty, int32, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"
import { service, unary } from "../../machinery/grpc/service.ts"
import type { InputOf } from "../../machinery/schema/schema.ts"

const BlockVolume = message("csi.v1.VolumeCapability.BlockVolume", {})
const MountVolume = message("csi.v1.VolumeCapability.MountVolume", {
  fsType: text(1),
  mountFlags: repeated(2, "string"),
  volumeMountGroup: text(3),
})
const AccessMode = message("csi.v1.VolumeCapability.AccessMode", { mode: int32(1) })
/** Either `block` or `mount`. */
const VolumeCapability = message("csi.v1.VolumeCapability", {
  block: nested(1, BlockVolume),
  mount: nested(2, MountVolume),
  accessMode: nested(3, AccessMode),
})
export type VolumeCapability = InputOf<typeof VolumeCapability>

const StageRequest = message("csi.v1.NodeStageVolumeRequest", {
  volumeId: text(1),
  publishContext: map(2, "string"),
  stagingTargetPath: text(3),
  volumeCapability: nested(4, VolumeCapability),
  secrets: map(5, "string"),
  volumeContext: map(6, "string"),
})
const UnstageRequest = message("csi.v1.NodeUnstageVolumeRequest", { volumeId: text(1), stagingTargetPath: text(2) })
const PublishRequest = message("csi.v1.NodePublishVolumeRequest", {
  volumeId: text(1),
  publishContext: map(2, "string"),
  stagingTargetPath: text(3),
  targetPath: text(4),
  volumeCapability: nested(5, VolumeCapability),
  readonly: bool(6),
  secrets: map(7, "string"),
  volumeContext: map(8, "string"),
})
const UnpublishRequest = message("csi.v1.NodeUnpublishVolumeRequest", { volumeId: text(1), targetPath: text(2) })

const StatsRequest = message("csi.v1.NodeGetVolumeStatsRequest", {
  volumeId: text(1),
  volumePath: text(2),
  stagingTargetPath: text(3),
})
const VolumeUsage = message("csi.v1.VolumeUsage", {
  available: int64(1),
  total: int64(2),
  used: int64(3),
  unit: int32(4),
})
const VolumeCondition = message("csi.v1.VolumeCondition", { abnormal: bool(1), message: text(2) })
const StatsResponse = message("csi.v1.NodeGetVolumeStatsResponse", {
  usage: repeated(1, VolumeUsage),
  volumeCondition: nested(2, VolumeCondition),
})
export const UNIT = { bytes: 1, inodes: 2 } as const

const CapacityRange = message("csi.v1.CapacityRange", { requiredBytes: int64(1), limitBytes: int64(2) })
const ExpandRequest = message("csi.v1.NodeExpandVolumeRequest", {
  volumeId: text(1),
  volumePath: text(2),
  capacityRange: nested(3, CapacityRange),
  stagingTargetPath: text(4),
  volumeCapability: nested(5, VolumeCapability),
  secrets: map(6, "string"),
})
const ExpandResponse = message("csi.v1.NodeExpandVolumeResponse", { capacityBytes: int64(1) })

const Rpc = message("csi.v1.NodeServiceCapability.RPC", { type: int32(1) })
const NodeServiceCapability = message("csi.v1.NodeServiceCapability", { rpc: nested(1, Rpc) })
const CapabilitiesResponse = message("csi.v1.NodeGetCapabilitiesResponse", {
  capabilities: repeated(1, NodeServiceCapability),
})
const Topology = message("csi.v1.Topology", { segments: map(1, "string") })
const InfoResponse = message("csi.v1.NodeGetInfoResponse", {
  nodeId: text(1),
  maxVolumesPerNode: int64(2),
  accessibleTopology: nested(3, Topology),
})

/** What a driver's node service can do, by the numbers of `NodeServiceCapability.RPC.Type`. */
export const NODE_CAPABILITY = {
  stageUnstage: 1,
  volumeStats: 2,
  expand: 3,
  volumeCondition: 4,
  singleNodeMultiWriter: 5,
  volumeMountGroup: 6,
} as const
export type NodeCapability = keyof typeof NODE_CAPABILITY

export const NodeService = service("csi.v1.Node", {
  NodeStageVolume: unary(StageRequest, Empty),
  NodeUnstageVolume: unary(UnstageRequest, Empty),
  NodePublishVolume: unary(PublishRequest, Empty),
  NodeUnpublishVolume: unary(UnpublishRequest, Empty),
  NodeGetVolumeStats: unary(StatsRequest, StatsResponse),
  NodeExpandVolume: unary(ExpandRequest, ExpandResponse),
  NodeGetCapabilities: unary(Empty, CapabilitiesResponse),
  NodeGetInfo: unary(Empty, InfoResponse),
})
