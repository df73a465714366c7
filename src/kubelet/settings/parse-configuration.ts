import { decode } from "../../machinery/decode/decode.ts"
import { aggregateMessages } from "../../machinery/field/error.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import { parseQuantity, quantityValue } from "../../machinery/quantity/quantity.ts"
import { defaultThresholds } from "../eviction/thresholds.ts"
import type { Verification } from "../image/verification.ts"
import { twoPeriods } from "../shutdown/groups.ts"
import { milliseconds } from "./durations.ts"
import { KubeletConfiguration } from "./kubelet-configuration.ts"
import { withoutOtherFields } from "./other-fields.ts"
import { placementOf } from "./placement.ts"
import { defaultSettings, type EvictionSettings, type KubeletSettings, type Reservations } from "./settings.ts"
import { parseMinimumReclaims, parseSoftThresholds, parseThresholds } from "./thresholds.ts"
import { configurationProblems } from "./validate.ts"

const GROUP_VERSION = "kubelet.config.k8s.io/v1beta1"

/**
 * Reads a KubeletConfiguration, in YAML or JSON. Fields that it leaves out, and those that it sets to nothing, are as
 * in `defaultSettings`. Throws an `Error` that names everything that is unknown, not available here, or wrong.
 */
export function parseConfiguration(text: string): KubeletSettings {
  const { duplicates, value } = parseYaml(text)
  const given = isObject(value) ? value : {}
  if (given["apiVersion"] !== GROUP_VERSION || given["kind"] !== "KubeletConfiguration") {
    const found = `${JSON.stringify(given["kind"] ?? "")} of ${JSON.stringify(given["apiVersion"] ?? "")}`
    throw new Error(`found ${found}, expected KubeletConfiguration of ${GROUP_VERSION}`)
  }
  const { problems, rest } = withoutOtherFields(given)
  const { object } = decode(KubeletConfiguration, { value: rest, duplicates }, "Strict")
  const configuration = object as KubeletConfiguration
  const all = [...problems, ...configurationProblems(configuration)]
  if (all.length > 0) throw new Error(aggregateMessages(all))
  return settingsOf(configuration)
}

function settingsOf(given: KubeletConfiguration): KubeletSettings {
  const before = defaultSettings
  const { cpuCFSQuota, failCgroupV1, failSwapOn, podPidsLimit, resolvConf, seccompDefault } = given
  const {
    clusterDNS = [],
    clusterDomain,
    containerRuntimeEndpoint,
    imageServiceEndpoint,
    providerID,
    staticPodPath,
  } = given
  const { maxContainerRestartPeriod } = given.crashLoopBackOff ?? {}
  return {
    ...(staticPodPath && { staticPodPath }),
    ...(containerRuntimeEndpoint && { runtimeEndpoint: containerRuntimeEndpoint }),
    ...(imageServiceEndpoint && { imageEndpoint: imageServiceEndpoint }),
    ...(providerID && { providerId: providerID }),
    ...(clusterDNS.length > 0 && { clusterDns: clusterDNS }),
    ...(clusterDomain && { clusterDomain }),
    ...(resolvConf !== undefined && { resolvConf }),
    ...(podPidsLimit !== undefined && podPidsLimit >= 0 && { podPidsMax: Number(podPidsLimit) }),
    checkManifestsEveryMs: time(given.fileCheckFrequency, before.checkManifestsEveryMs),
    taints: given.registerWithTaints ?? before.taints,
    podsMax: given.maxPods || before.podsMax,
    podsPerCore: given.podsPerCore ?? before.podsPerCore,
    eviction: evictionOf(given),
    reserved: reservationsOf(given),
    ...imagesAndLogs(given),
    unsafeSysctls: given.allowedUnsafeSysctls ?? before.unsafeSysctls,
    seccompDefault: seccompDefault ?? before.seccompDefault,
    restartPauseMaxMs: time(maxContainerRestartPeriod, before.restartPauseMaxMs),
    node: nodeOf(given),
    shutdown: shutdownOf(given),
    cpuQuota: cpuCFSQuota ?? before.cpuQuota,
    placement: placementOf(given),
    swap: given.memorySwap?.swapBehavior === "LimitedSwap" ? "LimitedSwap" : "NoSwap",
    failSwapOn: failSwapOn ?? before.failSwapOn,
    failCgroupV1: failCgroupV1 ?? before.failCgroupV1,
  }
}

/** Zero is as good as nothing, as in Kubernetes. */
function time(text: string | undefined, otherwiseMs: number): number {
  return (text === undefined ? 0 : milliseconds(text)) || otherwiseMs
}

function nodeOf(given: KubeletConfiguration): KubeletSettings["node"] {
  const { node } = defaultSettings
  const lookEveryMs = time(given.nodeStatusUpdateFrequency, node.lookEveryMs)
  // Who asks for frequent looks wants them written, unless the other field says something.
  const otherwiseMs = time(given.nodeStatusUpdateFrequency, node.reportEveryMs)
  return {
    lookEveryMs,
    reportEveryMs: time(given.nodeStatusReportFrequency, otherwiseMs),
    leaseSeconds: given.nodeLeaseDurationSeconds || node.leaseSeconds,
    imagesMax: given.nodeStatusMaxImages ?? node.imagesMax,
  }
}

function imagesAndLogs(given: KubeletConfiguration): Pick<KubeletSettings, "images" | "logs" | "pulls"> {
  const { images, logs, pulls } = defaultSettings
  const { containerLogMaxSize, maxParallelImagePulls } = given
  return {
    images: {
      highPercent: given.imageGCHighThresholdPercent ?? images.highPercent,
      lowPercent: given.imageGCLowThresholdPercent ?? images.lowPercent,
      ageLeastMs: time(given.imageMinimumGCAge, images.ageLeastMs),
      ageMostMs: time(given.imageMaximumGCAge, images.ageMostMs),
    },
    logs: {
      bytesMax: containerLogMaxSize ? quantityValue(parseQuantity(containerLogMaxSize)) : logs.bytesMax,
      filesMax: given.containerLogMaxFiles ?? logs.filesMax,
      checkEveryMs: time(given.containerLogMonitorInterval, logs.checkEveryMs),
    },
    pulls: {
      atOnceMax: given.serializeImagePulls === true ? 1 : (maxParallelImagePulls ?? pulls.atOnceMax),
      perSecond: given.registryPullQPS ?? pulls.perSecond,
      burst: given.registryBurst || pulls.burst,
      verification: {
        // `validate.ts` lets no other names through.
        policy: (given.imagePullCredentialsVerificationPolicy as Verification["policy"]) || pulls.verification.policy,
        allowlist: given.preloadedImagesVerificationAllowlist ?? [],
      },
    },
  }
}

function evictionOf(given: KubeletConfiguration): EvictionSettings {
  const { eviction } = defaultSettings
  const { evictionHard, mergeDefaultEvictionSettings } = given
  const hard = evictionHard === undefined ? eviction.hard : parseThresholds(evictionHard)
  return {
    hard: mergeDefaultEvictionSettings ? { ...defaultThresholds, ...hard } : hard,
    ...parseSoftThresholds(given.evictionSoft ?? {}, given.evictionSoftGracePeriod ?? {}),
    minimumReclaim: parseMinimumReclaims(given.evictionMinimumReclaim ?? {}),
    podGraceMaxMs: (given.evictionMaxPodGracePeriod ?? 0) * 1000,
    transitionMs: time(given.evictionPressureTransitionPeriod, eviction.transitionMs),
  }
}

function shutdownOf(given: KubeletConfiguration): KubeletSettings["shutdown"] {
  const periods = given.shutdownGracePeriodByPodPriority ?? []
  if (periods.length > 0) {
    return periods.map(({ priority, shutdownGracePeriodSeconds }) => {
      return { priority, seconds: Number(shutdownGracePeriodSeconds) }
    })
  }
  const seconds = (text: string | undefined) => Math.floor(time(text, 0) / 1000)
  return twoPeriods(seconds(given.shutdownGracePeriod), seconds(given.shutdownGracePeriodCriticalPods))
}

function reservationsOf(given: KubeletConfiguration): Reservations {
  const { enforceNodeAllocatable = ["pods"], kubeReserved = {}, reservedSystemCPUs, systemReserved = {} } = given
  return {
    system: systemReserved,
    kube: kubeReserved,
    ...(reservedSystemCPUs && { cpus: reservedSystemCPUs }),
    enforced: enforceNodeAllocatable.includes("pods"),
  }
}
