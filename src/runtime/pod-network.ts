/**
 * The runtime's port to pod networks, shaped after CNI (https://www.cni.dev/docs/spec/): the runtime owns the network
 * namespace, the network fills it. Implemented by `network/cni`.
 */
import type { DnsConfig, PortMapping } from "./sandbox.ts"

export interface PodNetwork {
  /**
   * CNI ADD. Puts the interface into the namespace, with addresses and routes; also brings `lo` up. Called again after
   * a crash in the middle: it then completes or replaces what is there. Rejects when no address can be given; the
   * runtime then calls `tearDown`.
   */
  setUp(request: PodNetworkRequest): Promise<PodNetworkResult>
  /** CNI DEL. Succeeds when there is nothing to remove, or the namespace is gone already. May be retried. */
  tearDown(request: PodNetworkRequest): Promise<void>
  status(): Promise<PodNetworkStatus>
}

export interface PodNetworkRequest {
  /** CNI_CONTAINERID. */
  readonly sandboxId: string
  /** CNI_NETNS: a bind-mounted network namespace. Empty in `tearDown` when it is gone. */
  readonly netnsPath: string
  /** CNI_IFNAME: always `eth0`. */
  readonly interfaceName: string
  /** K8S_POD_NAMESPACE, K8S_POD_NAME, K8S_POD_UID. */
  readonly namespace: string
  readonly name: string
  readonly podUid: string
  /** The pod's, for whoever decides by them what it may send and receive. */
  readonly labels: Readonly<Record<string, string>>
  /** Those with a host port. */
  readonly portMappings: readonly PortMapping[]
  /** `kubernetes.io/ingress-bandwidth` and other CNI hints. */
  readonly annotations: Readonly<Record<string, string>>
  /** What the pod's resolv.conf will say; absent: what the node's says. */
  readonly dns?: DnsConfig
  /** The pod's, below every hierarchy's root. */
  readonly cgroupPath?: string
}

export interface PodNetworkResult {
  /** Without prefix length, primary first. */
  readonly ips: readonly string[]
}

export interface PodNetworkStatus {
  readonly ready: boolean
  /** What is missing; empty when ready. */
  readonly reason: string
  readonly message: string
}
