import { bool, int32, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"
import { serverStream, service, unary } from "../../machinery/grpc/service.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"

/**
 * How plugins offer devices to a node. `k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1`
 * https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
 */
export const VERSION = "v1beta1"
const named = (name: string) => `${VERSION}.${name}`

const Empty = message(named("Empty"), {})

export const DevicePluginOptions = message(named("DevicePluginOptions"), {
  preStartRequired: bool(1),
  getPreferredAllocationAvailable: bool(2),
})
export type DevicePluginOptions = TypeOf<typeof DevicePluginOptions>

const RegisterRequest = message(named("RegisterRequest"), {
  version: text(1),
  /** The name of the plugin's socket, in the folder of the kubelet's. */
  endpoint: text(2),
  resourceName: text(3),
  options: nested(4, DevicePluginOptions),
})

const NumaNode = message(named("NUMANode"), { ID: int64(1) })
const TopologyInfo = message(named("TopologyInfo"), { nodes: repeated(1, NumaNode) })
const Device = message(named("Device"), { ID: text(1), health: text(2), topology: nested(3, TopologyInfo) })
export type ReportedDevice = TypeOf<typeof Device>

const Mount = message(named("Mount"), { containerPath: text(1), hostPath: text(2), readOnly: bool(3) })
const DeviceSpec = message(named("DeviceSpec"), { containerPath: text(1), hostPath: text(2), permissions: text(3) })
const CdiDevice = message(named("CDIDevice"), { name: text(1) })

export const ContainerAllocateResponse = message(named("ContainerAllocateResponse"), {
  envs: map(1, "string"),
  mounts: repeated(2, Mount),
  devices: repeated(3, DeviceSpec),
  annotations: map(4, "string"),
  cdiDevices: repeated(5, CdiDevice),
})
export type ContainerAllocateResponse = TypeOf<typeof ContainerAllocateResponse>

export const Registration = service(named("Registration"), { Register: unary(RegisterRequest, Empty) })

export const DevicePlugin = service(named("DevicePlugin"), {
  GetDevicePluginOptions: unary(Empty, DevicePluginOptions),
  ListAndWatch: serverStream(Empty, message(named("ListAndWatchResponse"), { devices: repeated(1, Device) })),
  GetPreferredAllocation: unary(
    message(named("PreferredAllocationRequest"), {
      containerRequests: repeated(
        1,
        message(named("ContainerPreferredAllocationRequest"), {
          availableDeviceIDs: repeated(1, "string"),
          mustIncludeDeviceIDs: repeated(2, "string"),
          allocationSize: int32(3),
        }),
      ),
    }),
    message(named("PreferredAllocationResponse"), {
      containerResponses: repeated(
        1,
        message(named("ContainerPreferredAllocationResponse"), { deviceIDs: repeated(1, "string") }),
      ),
    }),
  ),
  Allocate: unary(
    message(named("AllocateRequest"), {
      containerRequests: repeated(1, message(named("ContainerAllocateRequest"), { devicesIds: repeated(1, "string") })),
    }),
    message(named("AllocateResponse"), { containerResponses: repeated(1, ContainerAllocateResponse) }),
  ),
  PreStartContainer: unary(
    message(named("PreStartContainerRequest"), { devicesIds: repeated(1, "string") }),
    message(named("PreStartContainerResponse"), {}),
  ),
})
