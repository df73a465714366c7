import type { Container } from "../../api/core/v1/container.ts"
import type { ResourceStatus } from "../../api/core/v1/container-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PluginHandler } from "../plugins/plugin-handler.ts"
import type { HintProvider } from "../topology/hint-provider.ts"
import type { ContainerGrants } from "./container-grants.ts"
import type { Offer, PluginDevice } from "./plugin-resources.ts"

/**
 * Devices that plugins offer as extended resources of the node.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
 */
export interface DevicePlugins {
  /** Sets devices aside while pods are admitted. */
  readonly provider: HintProvider
  /** Plugins whose sockets the kubelet finds. */
  readonly handler: PluginHandler
  /** Resources to report for the node. */
  offer(): Offer
  /** No earlier agent of this node has known a plugin: what the node is said to have of extended resources is not so. */
  readonly isNew: boolean
  /** Pods that are not among these have gone while no agent ran: they give back what they had. */
  keepOnly(podUids: ReadonlySet<string>): void
  /**
   * Has plugins make ready what a pod was given; undefined when they need not be asked. Rejects when one cannot, and the
   * pod cannot run.
   */
  confirm(pod: Pod): Promise<void> | undefined
  /** At least what the pod was given already counts as there, though its plugin is away. */
  raise(pod: Pod, allocatable: Readonly<Record<string, string>>): Readonly<Record<string, string>>
  /** What a container is made with. Plugins that want to know of each start are told. Rejects when one is away. */
  grants(pod: Pod, container: Container): Promise<ContainerGrants>
  /** The health of the devices of a container. */
  health(podUid: string, container: string): readonly ResourceStatus[]
  /** What a container has, by resource: the devices with their NUMA nodes. */
  given(podUid: string, container: string): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>
  /** The healthy devices, by resource and id. */
  allocatable(): ReadonlyMap<string, ReadonlyMap<string, PluginDevice>>
}
