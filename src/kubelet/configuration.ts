import { formatMilliseconds as duration } from "../machinery/time/duration.ts"
import type { KubeletOptions } from "./options.ts"
import { defaultGates } from "./settings/feature-gates.ts"
import type { KubeletSettings } from "./settings/settings.ts"
import type { ShutdownPeriod } from "./shutdown/groups.ts"

/** What is in force, as far as `KubeletConfiguration` has words for it. https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
export function kubeletConfiguration(options: KubeletOptions, settings: KubeletSettings): object {
  const { clusterDns, logDir, nodeIps, podCidrs, serverPort } = options
  const { node, providerId, resolvConf, shutdown, staticPodPath, taints } = settings
  return {
    enableServer: true,
    ...(staticPodPath && { staticPodPath }),
    podLogsDir: logDir,
    fileCheckFrequency: duration(settings.checkManifestsEveryMs),
    address: nodeIps[0],
    port: serverPort,
    authentication: { x509: {}, webhook: { enabled: true }, anonymous: { enabled: false } },
    authorization: { mode: "Webhook", webhook: {} },
    enableDebuggingHandlers: true,
    clusterDomain: settings.clusterDomain ?? clusterDns.domain,
    clusterDNS: settings.clusterDns ?? clusterDns.servers,
    ...(resolvConf !== undefined && { resolvConf }),
    nodeStatusUpdateFrequency: duration(node.lookEveryMs),
    nodeStatusReportFrequency: duration(node.reportEveryMs),
    nodeLeaseDurationSeconds: node.leaseSeconds,
    nodeStatusMaxImages: node.imagesMax,
    cgroupsPerQOS: true,
    cgroupDriver: "cgroupfs",
    ...ofPlacement(settings),
    ...(podCidrs !== undefined && { podCIDR: podCidrs.join() }),
    cpuCFSQuotaPeriod: "100ms",
    ...ofPods(settings),
    ...ofImagesAndLogs(settings),
    ...ofEviction(settings),
    failSwapOn: settings.failSwapOn,
    failCgroupV1: settings.failCgroupV1,
    memorySwap: { swapBehavior: settings.swap },
    configMapAndSecretChangeDetectionStrategy: "Watch",
    ...ofReservations(settings),
    ...(shutdown.length > 0 && { shutdownGracePeriodByPodPriority: shutdown.map(period) }),
    registerNode: true,
    ...(taints.length > 0 && { registerWithTaints: taints }),
    ...(providerId && { providerID: providerId }),
    localStorageCapacityIsolation: true,
    ...(settings.runtimeEndpoint && { containerRuntimeEndpoint: settings.runtimeEndpoint }),
    ...(settings.imageEndpoint && { imageServiceEndpoint: settings.imageEndpoint }),
  }
}

const period = ({ priority, seconds }: ShutdownPeriod) => ({ priority, shutdownGracePeriodSeconds: seconds })

function ofPlacement({ placement: { cpu, gates, memory, topology } }: KubeletSettings): object {
  const filled = (list: object) => Object.keys(list).length > 0
  const before = new Map<string, boolean>(Object.entries(defaultGates))
  const switched = Object.entries(gates).filter(([gate, on]) => on !== before.get(gate))
  return {
    cpuManagerPolicy: cpu.policy,
    ...(filled(cpu.given) && { cpuManagerPolicyOptions: cpu.given }),
    cpuManagerReconcilePeriod: duration(cpu.reconcileEveryMs),
    memoryManagerPolicy: memory.policy,
    ...(memory.reserved.length > 0 && {
      reservedMemory: memory.reserved.map(({ limits, node }) => ({ numaNode: node, limits })),
    }),
    topologyManagerPolicy: topology.policy,
    topologyManagerScope: topology.scope,
    ...(filled(topology.given) && { topologyManagerPolicyOptions: topology.given }),
    ...(switched.length > 0 && { featureGates: Object.fromEntries(switched) }),
  }
}

function ofPods(settings: KubeletSettings): object {
  const { cpuQuota, podPidsMax, podsMax, podsPerCore, restartPauseMaxMs, seccompDefault, unsafeSysctls } = settings
  return {
    maxPods: podsMax,
    ...(podsPerCore > 0 && { podsPerCore }),
    podPidsLimit: podPidsMax ?? -1,
    cpuCFSQuota: cpuQuota,
    crashLoopBackOff: { maxContainerRestartPeriod: duration(restartPauseMaxMs) },
    seccompDefault,
    ...(unsafeSysctls.length > 0 && { allowedUnsafeSysctls: unsafeSysctls }),
  }
}

function ofImagesAndLogs({ images, logs, pulls }: KubeletSettings): object {
  const mebibytes = logs.bytesMax / (1024 * 1024)
  return {
    imageMinimumGCAge: duration(images.ageLeastMs),
    imageMaximumGCAge: duration(images.ageMostMs),
    imageGCHighThresholdPercent: images.highPercent,
    imageGCLowThresholdPercent: images.lowPercent,
    containerLogMaxSize: Number.isInteger(mebibytes) ? `${mebibytes}Mi` : String(logs.bytesMax),
    containerLogMaxFiles: logs.filesMax,
    containerLogMonitorInterval: duration(logs.checkEveryMs),
    serializeImagePulls: pulls.atOnceMax === 1,
    ...(Number.isFinite(pulls.atOnceMax) && { maxParallelImagePulls: pulls.atOnceMax }),
    registryPullQPS: pulls.perSecond,
    registryBurst: pulls.burst,
    imagePullCredentialsVerificationPolicy: pulls.verification.policy,
    ...(pulls.verification.allowlist.length > 0 && {
      preloadedImagesVerificationAllowlist: pulls.verification.allowlist,
    }),
  }
}

function ofEviction({ eviction }: KubeletSettings): object {
  const { hard, minimumReclaim, podGraceMaxMs, soft, softGraceMs, transitionMs } = eviction
  const grace = Object.entries(softGraceMs).map(([signal, ms]) => [signal, duration(ms)])
  const filled = (list: object) => Object.keys(list).length > 0
  return {
    evictionHard: hard,
    ...(filled(soft) && { evictionSoft: soft, evictionSoftGracePeriod: Object.fromEntries(grace) }),
    ...(filled(minimumReclaim) && { evictionMinimumReclaim: minimumReclaim }),
    ...(podGraceMaxMs > 0 && { evictionMaxPodGracePeriod: podGraceMaxMs / 1000 }),
    evictionPressureTransitionPeriod: duration(transitionMs),
  }
}

function ofReservations({ reserved: { cpus, enforced, kube, system } }: KubeletSettings): object {
  const filled = (list: object) => Object.keys(list).length > 0
  return {
    ...(filled(system) && { systemReserved: system }),
    ...(filled(kube) && { kubeReserved: kube }),
    ...(cpus !== undefined && { reservedSystemCPUs: cpus }),
    enforceNodeAllocatable: [enforced ? "pods" : "none"],
  }
}
