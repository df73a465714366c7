import type { Container } from "../api/core/v1/container.ts"
import type { ResourceStatus } from "../api/core/v1/container-status.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import type { NodeImages } from "../images/images.ts"
import type { Platform } from "../platform/platform.ts"
import type { ContainerRuntime, DnsConfig, LinuxContainerResources } from "../runtime/runtime.ts"
import type { ClusterDns } from "./config/dns.ts"
import type { Counters } from "./counters.ts"
import type { DevicePlugins } from "./device-plugins/device-plugins.ts"
import type { PodDevices } from "./devices/pod-devices.ts"
import type { ResourceList } from "./downward.ts"
import type { ImageEnvironment } from "./image/ensure-image.ts"
import type { PullRecords } from "./image/pull-records.ts"
import type { NodeObjects } from "./objects/objects.ts"
import type { Prober } from "./probe/prober.ts"
import type { PodCgroups } from "./resources/pod-cgroups.ts"
import type { RuntimeView } from "./runtime-view.ts"
import type { KubeletSettings } from "./settings/settings.ts"
import type { StatusWriter } from "./status/status-writer.ts"
import type { Timings } from "./timings.ts"
import type { Allocations } from "./topology/allocations.ts"
import type { IdBlocks } from "./user-namespaces/id-blocks.ts"
import type { Volumes } from "./volumes/volumes.ts"

/** What the pod workers of a node share. */
export interface Environment extends ImageEnvironment {
  readonly images: NodeImages
  readonly pullRecords: PullRecords
  readonly platform: Platform
  readonly runtime: ContainerRuntime
  readonly view: RuntimeView
  readonly volumes: Volumes
  readonly devices: PodDevices
  readonly devicePlugins: DevicePlugins
  /** The health of the devices of a container, whoever gave them. */
  deviceHealth(pod: Pod, container: Container): readonly ResourceStatus[]
  readonly objects: NodeObjects
  readonly cgroups: PodCgroups
  readonly events: Pick<EventRecorder, "record">
  readonly prober: Prober
  readonly counters: Counters
  readonly timings: Timings
  readonly statuses: StatusWriter
  /** The variables by which a pod's containers find services. */
  serviceEnv(pod: Pod): Promise<ReadonlyMap<string, string>>
  /** The runtime handler of a RuntimeClass. */
  runtimeHandler(runtimeClass: string): Promise<string>
  recursiveReadOnlyMounts(runtimeClass: string): boolean
  nodeAllocatable(): ResourceList
  readonly allocations: Allocations
  /** What the kernel is to enforce for a container of a pod. */
  resourcesOf(pod: Pod, container: Container): LinuxContainerResources
  readonly idBlocks: IdBlocks
  /** Whether pods of a RuntimeClass can have user namespaces. */
  userNamespaces(runtimeClass: string): boolean
  readonly settings: KubeletSettings
  readonly nodeIps: readonly [string, ...string[]]
  /** Of the container runtime, as in container ids. */
  readonly runtimeName: string
  readonly dataDir: string
  readonly logDir: string
  readonly clusterDns: ClusterDns
  /** The node's own resolver configuration. */
  readonly nodeDns: () => DnsConfig
  /** Deletes the pod from the API for good, once nothing of it is left. Resolves when it is gone or was gone. */
  confirmDeletion(pod: Pod): Promise<void>
}
