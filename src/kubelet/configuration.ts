import { transitionPeriodMs } from "./eviction/pressure.ts"
import { defaultThresholds } from "./eviction/thresholds.ts"
import { logBytesMax, logFilesMax } from "./garbage/rotate-logs.ts"
import { imageAgeLeastMs, imageHighPercent, imageLowPercent } from "./garbage/unused-images.ts"
import { goDuration } from "./image/ensure-image.ts"
import { podsMaxDefault } from "./node/start-node.ts"
import type { KubeletOptions } from "./options.ts"
import { crashBackoffLongestMs } from "./pod/restart.ts"

/** What is in force, as far as `KubeletConfiguration` has words for it. https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
export function kubeletConfiguration(options: KubeletOptions): object {
  const { clusterDns, logDir, nodeIp, podCidr, podsMax = podsMaxDefault, serverPort } = options
  return {
    enableServer: true,
    podLogsDir: logDir,
    address: nodeIp,
    port: serverPort,
    authentication: { x509: {}, webhook: { enabled: true }, anonymous: { enabled: false } },
    authorization: { mode: "Webhook", webhook: {} },
    imagePullCredentialsVerificationPolicy: "NeverVerifyPreloadedImages",
    enableDebuggingHandlers: true,
    clusterDomain: clusterDns.domain,
    clusterDNS: clusterDns.servers,
    nodeStatusUpdateFrequency: "10s",
    nodeStatusReportFrequency: "5m0s",
    nodeLeaseDurationSeconds: 40,
    imageMinimumGCAge: goDuration(imageAgeLeastMs),
    imageGCHighThresholdPercent: imageHighPercent,
    imageGCLowThresholdPercent: imageLowPercent,
    cgroupsPerQOS: true,
    cgroupDriver: "cgroupfs",
    cpuManagerPolicy: "none",
    memoryManagerPolicy: "None",
    topologyManagerPolicy: "none",
    maxPods: podsMax,
    ...(podCidr !== undefined && { podCIDR: podCidr }),
    cpuCFSQuota: true,
    cpuCFSQuotaPeriod: "100ms",
    nodeStatusMaxImages: 50,
    serializeImagePulls: false,
    evictionHard: options.thresholds ?? defaultThresholds,
    evictionPressureTransitionPeriod: goDuration(transitionPeriodMs),
    failSwapOn: false,
    memorySwap: { swapBehavior: "NoSwap" },
    containerLogMaxSize: `${logBytesMax / (1024 * 1024)}Mi`,
    containerLogMaxFiles: logFilesMax,
    configMapAndSecretChangeDetectionStrategy: "Watch",
    crashLoopBackOff: { maxContainerRestartPeriod: goDuration(crashBackoffLongestMs) },
    seccompDefault: true,
    registerNode: true,
    ...(options.taints && { registerWithTaints: options.taints }),
    localStorageCapacityIsolation: true,
  }
}
