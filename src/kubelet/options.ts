import type { Pod } from "../api/core/v1/pod.ts"
import type { Secret } from "../api/core/v1/secret.ts"
import type { Service } from "../api/core/v1/service.ts"
import type { Client } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import type { Informer } from "../client/informer.ts"
import type { AccountFor, CredentialProviders, NodeImages, RegistryCredentials } from "../images/images.ts"
import type { MachineTopology } from "../platform/linux/machine-topology.ts"
import type { MetricsRegistry } from "../platform/metrics-registry.ts"
import type { Platform } from "../platform/platform.ts"
import type { ContainerRuntime, DnsConfig } from "../runtime/runtime.ts"
import type { ClusterDns } from "./config/dns.ts"
import type { Observations } from "./eviction/thresholds.ts"
import type { PodAccess } from "./pod-access.ts"
import type { ProbeCount } from "./probe/counts.ts"
import type { PodCgroups } from "./resources/pod-cgroups.ts"
import type { Metric } from "./server/metrics/exposition.ts"
import type { KubeletSettings } from "./settings/settings.ts"
import type { IdRange } from "./user-namespaces/id-blocks.ts"
import type { Volumes } from "./volumes/volumes.ts"

export interface KubeletOptions {
  readonly platform: Platform
  /** As `system:node:<nodeName>`. */
  readonly client: Client
  /** Component `kubelet`, host `nodeName`. */
  readonly events: EventRecorder
  readonly runtime: ContainerRuntime
  readonly images: NodeImages
  readonly nodeName: string
  /** One of each family of the cluster; the first is the one that is meant where only one counts. */
  readonly nodeIps: readonly [string, ...string[]]
  /** The pod ranges that the node's network was made with. Absent: a controller gives the node some. */
  readonly podCidrs?: readonly string[]
  readonly hostname: string
  /** Folder of the kubelet, such as `/var/lib/kubelet`: pods stand in `pods/<uid>`. */
  readonly dataDir: string
  /** A folder on a tmpfs, for what must not reach a disk: secrets that restarts of containers need. */
  readonly runDir?: string
  /** Files of secrets, tokens and the downward API get file systems in memory, as with Kubernetes' kubelet. Needs root. */
  readonly secretsInMemory?: boolean
  /** Folder of pod logs, such as `/var/log/pods`. */
  readonly logDir: string
  /** The groups of pods; `createPodCgroups(detectCgroups(), root)` on a real machine. */
  readonly cgroups: PodCgroups
  readonly clusterDns: ClusterDns
  /** The node's own resolver configuration; read again for each sandbox. Default: /etc/resolv.conf. */
  readonly nodeDns?: () => DnsConfig
  /** Services of all namespaces. */
  readonly services: Informer<Service>
  /** The registry credentials in pull secrets that fit an image: `credentialsFor` of the images component. */
  readonly credentialsFor: (image: string, secrets: readonly Secret[]) => readonly RegistryCredentials[]
  /** What the node's plugins know besides. Absent: it has none. */
  readonly credentialProviders?: (account: AccountFor) => CredentialProviders
  /** Where it is kept who may use which image; nodes that share an image store share it. Default: in `dataDir`. */
  readonly pullRecordsDir?: string
  /** Port of the kubelet's HTTPS server, for the node's daemon endpoints. */
  readonly serverPort: number
  /** Such as `v1.36.0`. */
  readonly kubeletVersion: string
  /** Added to kubernetes.io/hostname, os and arch. */
  readonly labels?: Readonly<Record<string, string>>
  /** The ids of pods with user namespaces. Default: those that Kubernetes takes. */
  readonly podIds?: IdRange
  /** What differs from `defaultSettings`. */
  readonly settings?: Partial<KubeletSettings>
  /** How CPUs and memory lie. Default: read from the machine, when some policy asks for it. */
  readonly topology?: () => MachineTopology
  /** What the node has left. Default: read from the machine. */
  readonly observe?: () => Observations
  /** Where it is told how long things take. Default: nowhere. */
  readonly registry?: MetricsRegistry
  /** Ends the kubelet. Containers go on. */
  readonly signal: AbortSignal
}

export interface Kubelet {
  /** The node is registered, its status is written, and what ran before has been adopted. */
  readonly ready: Promise<void>
  /** What the kubelet's HTTP server needs. */
  readonly access: PodAccess
  /** Whose use the HTTP server reports. */
  readonly volumes: Pick<Volumes, "claimUsage" | "usage">
  readonly probeResults: () => readonly ProbeCount[]
  readonly metrics: () => readonly Metric[]
  /** The one that it was given, which counts what it is asked. */
  readonly runtime: ContainerRuntime
  /** What is in force, as `KubeletConfiguration`. */
  readonly configuration: () => object
  /** The pods of this node with their current status. */
  pods(): readonly Pod[]
  /** The machine shuts down: ends the pods as the settings say. Without such settings they go on. */
  shutDown(): Promise<void>
  /** It does not after all: the node takes pods again. */
  goOn(): void
  /** Lets go of timers and watches; resolves when nothing of the kubelet runs any more. Containers go on. */
  stop(): Promise<void>
}
