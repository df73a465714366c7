import { Taint } from "../../api/core/v1/toleration.ts"
import { bool, duration, int32, int64, list, map, message, string, struct } from "../../machinery/schema/fields.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"

/** The fields of a kubelet's configuration that this one follows. https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */

const name = (kind: string): string => `io.k8s.kubelet.config.v1beta1.${kind}`

const CrashLoopBackOff = struct(
  name("CrashLoopBackOffConfig"),
  { maxContainerRestartPeriod: duration(1, { doc: "The longest pause before a container is restarted." }) },
  { doc: "How long failing containers wait." },
)

const ShutdownGracePeriod = struct(
  name("ShutdownGracePeriodByPodPriority"),
  {
    priority: int32(1, { doc: "From which priority on.", always: true }),
    shutdownGracePeriodSeconds: int64(2, { doc: "How long such pods have, in seconds.", always: true }),
  },
  { doc: "How long pods of a priority have to end when the node shuts down." },
)

const MemorySwap = struct(
  name("MemorySwapConfiguration"),
  { swapBehavior: string(1, { doc: "NoSwap, or LimitedSwap: what containers may swap." }) },
  { doc: "How containers use swap." },
)

const MemoryReservation = struct(
  name("MemoryReservation"),
  {
    numaNode: int32(1, { doc: "Of which NUMA node.", always: true }),
    limits: map(2, "string", { doc: "How much, by resource: memory, or huge pages of a size." }),
  },
  { doc: "Memory of a NUMA node that is kept for others than pods." },
)

export const KubeletConfiguration = struct(
  name("KubeletConfiguration"),
  {
    apiVersion: string(1, { doc: "The version." }),
    kind: string(2, { doc: "The kind." }),
    staticPodPath: string(3, { doc: "A folder of manifests of static pods, or one manifest." }),
    fileCheckFrequency: duration(4, { doc: "How often manifests are read though nothing tells of a change." }),
    registerWithTaints: list(5, Taint, { doc: "Taints that the node is registered with." }),
    providerID: string(6, { doc: "How a cloud names the machine." }),
    maxPods: int32(7, { doc: "How many pods the node takes." }),
    podsPerCore: int32(8, { doc: "How many pods for each CPU; 0: no such limit." }),
    podPidsLimit: int64(9, { doc: "How many processes a pod may have; -1: no limit.", pointer: true }),
    evictionHard: map(10, "string", { doc: "What the node must have left, by signal." }),
    evictionSoft: map(11, "string", { doc: "What it should have left, by signal." }),
    evictionSoftGracePeriod: map(12, "string", { doc: "For how long it may have less, by signal." }),
    evictionMinimumReclaim: map(13, "string", { doc: "What is freed at least beyond a threshold, by signal." }),
    evictionMaxPodGracePeriod: int32(14, { doc: "Seconds that pods have to end after a soft threshold." }),
    evictionPressureTransitionPeriod: duration(15, { doc: "How long a condition outlasts its threshold." }),
    mergeDefaultEvictionSettings: bool(16, { doc: "Thresholds that are not given keep their defaults." }),
    systemReserved: map(17, "string", { doc: "What is kept for the machine's own processes, by resource." }),
    kubeReserved: map(18, "string", { doc: "What is kept for the node's components, by resource." }),
    reservedSystemCPUs: string(19, { doc: "The CPUs that are kept for others than pods." }),
    enforceNodeAllocatable: list(20, "string", { doc: "What is limited to its share: pods, or none.", pointer: true }),
    imageMinimumGCAge: duration(21, { doc: "Younger images are not removed." }),
    imageMaximumGCAge: duration(22, { doc: "Images that were not used for longer are removed." }),
    imageGCHighThresholdPercent: int32(23, { doc: "How full the disk may be before images go.", pointer: true }),
    imageGCLowThresholdPercent: int32(24, { doc: "Until when they go.", pointer: true }),
    containerLogMaxSize: string(25, { doc: "How large a log grows before it is rotated." }),
    containerLogMaxFiles: int32(26, { doc: "How many files of a log are kept.", pointer: true }),
    containerLogMonitorInterval: duration(27, { doc: "How often logs are looked at." }),
    serializeImagePulls: bool(28, { doc: "Images are pulled one after the other.", pointer: true }),
    maxParallelImagePulls: int32(29, { doc: "How many images are pulled at once.", pointer: true }),
    registryPullQPS: int32(30, { doc: "Pulls in a second; 0: no limit.", pointer: true }),
    registryBurst: int32(31, { doc: "Pulls at once beyond that." }),
    imagePullCredentialsVerificationPolicy: string(58, {
      doc: "Of which images on the node pods show that they may have them.",
    }),
    preloadedImagesVerificationAllowlist: list(59, "string", { doc: "Repositories whose images everyone may use." }),
    allowedUnsafeSysctls: list(32, "string", { doc: "Sysctls that pods may set besides the safe ones." }),
    seccompDefault: bool(33, { doc: "The runtime's profile confines who does not say otherwise.", pointer: true }),
    clusterDNS: list(34, "string", { doc: "Name servers of pods." }),
    clusterDomain: string(35, { doc: "The domain that pods search." }),
    resolvConf: string(36, { doc: "Where the node's own name servers stand.", pointer: true }),
    crashLoopBackOff: message(37, CrashLoopBackOff, { doc: "How long failing containers wait." }),
    nodeStatusUpdateFrequency: duration(38, { doc: "How often the node looks at itself." }),
    nodeStatusReportFrequency: duration(39, { doc: "How often it reports though nothing changed." }),
    nodeLeaseDurationSeconds: int32(40, { doc: "How long its lease lasts." }),
    nodeStatusMaxImages: int32(41, { doc: "How many images it lists; -1: all.", pointer: true }),
    cpuCFSQuota: bool(42, { doc: "CPU limits are enforced.", pointer: true }),
    failSwapOn: bool(43, { doc: "Not to run on a machine that swaps.", pointer: true }),
    shutdownGracePeriod: duration(45, { doc: "How long pods have to end when the node shuts down." }),
    shutdownGracePeriodCriticalPods: duration(46, { doc: "How much of that is for critical pods." }),
    shutdownGracePeriodByPodPriority: list(47, ShutdownGracePeriod, { doc: "The same, by priority." }),
    cpuManagerPolicy: string(48, { doc: "none, or static: whole CPUs for containers that ask for them." }),
    cpuManagerPolicyOptions: map(49, "string", { doc: "How such CPUs are chosen, by option." }),
    cpuManagerReconcilePeriod: duration(50, { doc: "How often the CPUs of containers are put right." }),
    memoryManagerPolicy: string(51, { doc: "None, or Static: memory of certain NUMA nodes for guaranteed pods." }),
    reservedMemory: list(52, MemoryReservation, { doc: "Memory of each NUMA node that pods do not get." }),
    topologyManagerPolicy: string(53, { doc: "How strictly resources are to come from the same NUMA nodes." }),
    topologyManagerScope: string(54, { doc: "For each container, or for the pod as a whole." }),
    topologyManagerPolicyOptions: map(55, "string", { doc: "How NUMA nodes are chosen, by option." }),
    memorySwap: message(56, MemorySwap, { doc: "How containers use swap." }),
    featureGates: map(57, "bool", { doc: "Features that are switched on or off." }),
    failCgroupV1: bool(44, { doc: "Not to run with version 1 of control groups.", pointer: true }),
    containerRuntimeEndpoint: string(61, { doc: "Where a container runtime serves CRI." }),
    imageServiceEndpoint: string(62, { doc: "Where its images are served, if elsewhere." }),
  },
  { doc: "What a kubelet is told to do." },
)
export type KubeletConfiguration = TypeOf<typeof KubeletConfiguration>
