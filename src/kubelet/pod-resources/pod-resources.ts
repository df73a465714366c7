import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type Implementation, implement } from "../../machinery/grpc/server.ts"
import type { Counters } from "../counters.ts"
import type { DevicePlugins } from "../device-plugins/device-plugins.ts"
import type { PodDevices } from "../devices/pod-devices.ts"
import type { MemoryBlock } from "../memory/memory-state.ts"
import type { Allocations } from "../topology/allocations.ts"
import {
  type ContainerDevices,
  type ContainerMemory,
  type DynamicResource,
  OldPodResourcesLister,
  type PodResources,
  PodResourcesLister,
} from "./service.ts"

export interface PodResourcesSources {
  readonly pods: {
    list(): readonly Pod[]
    isOver(podUid: string): boolean
  }
  readonly plugins: Pick<DevicePlugins, "allocatable" | "given">
  readonly claims: Pick<PodDevices, "given">
  readonly allocations: Pick<Allocations, "allocatableCpus" | "allocatableMemory" | "ownCpus" | "ownMemory">
  readonly counters: Pick<Counters, "add">
}

/** Answers what containers of a node have for themselves. `limit` throws for a call too many. */
export function podResourcesServices(sources: PodResourcesSources, limit: () => void): Implementation[] {
  const { allocations, counters, plugins, pods } = sources
  const active = () => pods.list().filter(({ metadata }) => !pods.isOver(metadata.uid))
  const count = (version: "v1" | "v1alpha1") => {
    limit()
    counters.add("kubelet_pod_resources_endpoint_requests_total", { server_api_version: version })
  }
  const labels = { server_api_version: "v1" }
  return [
    implement(PodResourcesLister, {
      async List() {
        count("v1")
        counters.add("kubelet_pod_resources_endpoint_requests_list", labels)
        return { podResources: active().map((pod) => resourcesOf(pod, sources)) }
      },
      async GetAllocatableResources() {
        count("v1")
        counters.add("kubelet_pod_resources_endpoint_requests_get_allocatable", labels)
        const devices = [...plugins.allocatable()].flatMap(([resource, known]) =>
          [...known].flatMap(([id, { nodes }]) => device(resource, id, nodes)),
        )
        return { devices, cpuIds: allocations.allocatableCpus(), memory: allocations.allocatableMemory().map(memoryOf) }
      },
      async Get({ podName = "", podNamespace = "" }) {
        count("v1")
        counters.add("kubelet_pod_resources_endpoint_requests_get", labels)
        const pod = active().find(({ metadata }) => metadata.name === podName && metadata.namespace === podNamespace)
        if (pod !== undefined) return { podResources: resourcesOf(pod, sources) }
        counters.add("kubelet_pod_resources_endpoint_errors_get", labels)
        throw new Error(`pod ${podName} in namespace ${podNamespace} not found`)
      },
    }),
    implement(OldPodResourcesLister, {
      async List() {
        count("v1alpha1")
        return {
          podResources: pods.list().map(({ metadata: { name, namespace, uid }, spec }) => ({
            name,
            namespace,
            containers: spec.containers.map((container) => ({
              name: container.name,
              devices: devicesOf(uid, container, plugins).map(({ deviceIds, resourceName }) => ({
                deviceIds,
                resourceName,
              })),
            })),
          })),
        }
      },
    }),
  ]
}

function resourcesOf(pod: Pod, sources: PodResourcesSources): PodResources {
  const { name, namespace, uid } = pod.metadata
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")
  const containers = [...sidecars, ...pod.spec.containers].map((container) => ({
    name: container.name,
    devices: devicesOf(uid, container, sources.plugins),
    cpuIds: sources.allocations.ownCpus(uid, container.name),
    memory: sources.allocations.ownMemory(uid, container.name).map(memoryOf),
    dynamicResources: claimsOf(pod, container, sources.claims),
  }))
  return { name, namespace, containers }
}

function devicesOf(podUid: string, { name }: Container, plugins: Pick<DevicePlugins, "given">): ContainerDevices[] {
  return [...plugins.given(podUid, name)].flatMap(([resource, devices]) =>
    [...devices].flatMap(([id, nodes]) => device(resource, id, nodes)),
  )
}

function memoryOf({ bytes, nodes, resource }: MemoryBlock): ContainerMemory {
  return { memoryType: resource, size: bytes, topology: { nodes: nodes.map((ID) => ({ ID })) } }
}

/** One for each NUMA node that it is near to. */
function device(resourceName: string, id: string, nodes: readonly number[]): ContainerDevices[] {
  const one = { resourceName, deviceIds: [id] }
  return nodes.length === 0 ? [one] : nodes.map((ID) => ({ ...one, topology: { nodes: [{ ID }] } }))
}

function claimsOf(pod: Pod, container: Container, claims: PodResourcesSources["claims"]): DynamicResource[] {
  return claims.given(pod, container).map(({ devices, name, namespace }) => ({
    claimName: name,
    claimNamespace: namespace,
    claimResources: devices.map(({ cdiDeviceIds, deviceName, driver, poolName, shareId }) => ({
      cdiDevices: cdiDeviceIds.map((each) => ({ name: each })),
      driverName: driver,
      poolName,
      deviceName,
      ...(shareId !== undefined && { shareId }),
    })),
  }))
}
