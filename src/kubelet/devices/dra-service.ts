import { int32, int64, map, message, nested, optional, repeated, text } from "../../machinery/grpc/messages.ts"
import { serverStream, service, unary } from "../../machinery/grpc/service.ts"

/**
 * The calls that a node makes of drivers of dynamic resources. `k8s.io/kubelet/pkg/apis/dra`; v1 and v1beta1 are the
 * same but for their name.
 */
const PACKAGES = { v1: "k8s.io.kubelet.pkg.apis.dra.v1", v1beta1: "k8s.io.kubelet.pkg.apis.dra.v1beta1" } as const
export type DraVersion = keyof typeof PACKAGES

function draService(version: DraVersion) {
  const named = (name: string) => `${PACKAGES[version]}.${name}`
  const Claim = message(named("Claim"), { namespace: text(1), uid: text(2), name: text(3) })
  const Device = message(named("Device"), {
    requestNames: repeated(1, "string"),
    poolName: text(2),
    deviceName: text(3),
    cdiDeviceIds: repeated(4, "string"),
    shareId: optional.text(5),
  })
  const Prepared = message(named("NodePrepareResourceResponse"), { devices: repeated(1, Device), error: text(2) })
  const Unprepared = message(named("NodeUnprepareResourceResponse"), { error: text(1) })
  return service(named("DRAPlugin"), {
    NodePrepareResources: unary(
      message(named("NodePrepareResourcesRequest"), { claims: repeated(1, Claim) }),
      message(named("NodePrepareResourcesResponse"), { claims: map(1, Prepared) }),
    ),
    NodeUnprepareResources: unary(
      message(named("NodeUnprepareResourcesRequest"), { claims: repeated(1, Claim) }),
      message(named("NodeUnprepareResourcesResponse"), { claims: map(1, Unprepared) }),
    ),
  })
}

export const DRA_SERVICES = { v1: draService("v1"), v1beta1: draService("v1beta1") } as const

const DeviceIdentifier = message("v1alpha1.DeviceIdentifier", { poolName: text(1), deviceName: text(2) })

/** `health`: 0 unknown, 1 healthy, 2 not. */
export const ReportedHealth = message("v1alpha1.DeviceHealth", {
  device: nested(1, DeviceIdentifier),
  health: int32(2),
  lastUpdatedTime: int64(3),
  healthCheckTimeoutSeconds: int64(4),
  message: text(5),
})

/** Of drivers that watch their devices. `k8s.io/kubelet/pkg/apis/dra-health/v1alpha1` */
export const ResourceHealthService = service("v1alpha1.DRAResourceHealth", {
  NodeWatchResources: serverStream(
    message("v1alpha1.NodeWatchResourcesRequest", {}),
    message("v1alpha1.NodeWatchResourcesResponse", { devices: repeated(1, ReportedHealth) }),
  ),
})
