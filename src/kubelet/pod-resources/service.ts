import { int64, message, nested, optional, repeated, text } from "../../machinery/grpc/messages.ts"
import { service, unary } from "../../machinery/grpc/service.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"

/**
 * What monitoring asks a node about the devices of its pods. `k8s.io/kubelet/pkg/apis/podresources`
 * https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#monitoring-device-plugin-resources
 */
const v1 = (name: string) => `v1.${name}`
const v1alpha1 = (name: string) => `v1alpha1.${name}`

const TopologyInfo = message(v1("TopologyInfo"), { nodes: repeated(1, message(v1("NUMANode"), { ID: int64(1) })) })

const ContainerDevices = message(v1("ContainerDevices"), {
  resourceName: text(1),
  deviceIds: repeated(2, "string"),
  topology: nested(3, TopologyInfo),
})
export type ContainerDevices = TypeOf<typeof ContainerDevices>

const ContainerMemory = message(v1("ContainerMemory"), {
  memoryType: text(1),
  size: int64(2),
  topology: nested(3, TopologyInfo),
})

export type ContainerMemory = TypeOf<typeof ContainerMemory>

const DynamicResource = message(v1("DynamicResource"), {
  claimName: text(2),
  claimNamespace: text(3),
  claimResources: repeated(
    4,
    message(v1("ClaimResource"), {
      cdiDevices: repeated(1, message(v1("CDIDevice"), { name: text(1) })),
      driverName: text(2),
      poolName: text(3),
      deviceName: text(4),
      shareId: optional.text(5),
    }),
  ),
})
export type DynamicResource = TypeOf<typeof DynamicResource>

const PodResources = message(v1("PodResources"), {
  name: text(1),
  namespace: text(2),
  containers: repeated(
    3,
    message(v1("ContainerResources"), {
      name: text(1),
      devices: repeated(2, ContainerDevices),
      cpuIds: repeated(3, "int64"),
      memory: repeated(4, ContainerMemory),
      dynamicResources: repeated(5, DynamicResource),
    }),
  ),
})
export type PodResources = TypeOf<typeof PodResources>

export const PodResourcesLister = service(v1("PodResourcesLister"), {
  List: unary(
    message(v1("ListPodResourcesRequest"), {}),
    message(v1("ListPodResourcesResponse"), { podResources: repeated(1, PodResources) }),
  ),
  GetAllocatableResources: unary(
    message(v1("AllocatableResourcesRequest"), {}),
    message(v1("AllocatableResourcesResponse"), {
      devices: repeated(1, ContainerDevices),
      cpuIds: repeated(2, "int64"),
      memory: repeated(3, ContainerMemory),
    }),
  ),
  Get: unary(
    message(v1("GetPodResourcesRequest"), { podName: text(1), podNamespace: text(2) }),
    message(v1("GetPodResourcesResponse"), { podResources: nested(1, PodResources) }),
  ),
})

const OldPodResources = message(v1alpha1("PodResources"), {
  name: text(1),
  namespace: text(2),
  containers: repeated(
    3,
    message(v1alpha1("ContainerResources"), {
      name: text(1),
      devices: repeated(
        2,
        message(v1alpha1("ContainerDevices"), { resourceName: text(1), deviceIds: repeated(2, "string") }),
      ),
    }),
  ),
})

export const OldPodResourcesLister = service(v1alpha1("PodResourcesLister"), {
  List: unary(
    message(v1alpha1("ListPodResourcesRequest"), {}),
    message(v1alpha1("ListPodResourcesResponse"), { podResources: repeated(1, OldPodResources) }),
  ),
})
