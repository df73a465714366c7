import { map, message, optional, repeated, text } from "../../machinery/grpc/messages.ts"
import { service, unary } from "../../machinery/grpc/service.ts"

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
