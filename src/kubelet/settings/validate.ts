import { quote } from "../../machinery/field/quote.ts"
import { parseQuantity, QuantityError } from "../../machinery/quantity/quantity.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { sysctlNamespace, sysctlPatternProblem } from "../admission/sysctls.ts"
import { parseCpus } from "../cpus/cpu-set.ts"
import { allowlistProblem, verificationPolicies } from "../image/verification.ts"
import { milliseconds } from "./durations.ts"
import type { KubeletConfiguration } from "./kubelet-configuration.ts"
import { placementProblems } from "./placement.ts"
import { defaultSettings } from "./settings.ts"
import { parseMinimumReclaims, parseSoftThresholds, parseThresholds } from "./thresholds.ts"

/** What is wrong with a configuration, in the kubelet's words. */
export function configurationProblems(given: KubeletConfiguration): string[] {
  return [
    ...numberProblems(given),
    ...imageProblems(given),
    ...verificationProblems(given),
    ...logProblems(given),
    ...enforcementProblems(given.enforceNodeAllocatable ?? []),
    ...restartProblems(given),
    ...shutdownProblems(given),
    ...taintProblems(given),
    ...placementProblems(given),
    ...swapProblems(given.memorySwap?.swapBehavior),
    ...attempt(() => parseThresholds(given.evictionHard ?? {})),
    ...attempt(() => parseSoftThresholds(given.evictionSoft ?? {}, given.evictionSoftGracePeriod ?? {})),
    ...attempt(() => parseMinimumReclaims(given.evictionMinimumReclaim ?? {})),
    ...reservationProblems("kube", given.kubeReserved ?? {}),
    ...reservationProblems("system", given.systemReserved ?? {}),
    ...cpuProblems(given.reservedSystemCPUs ?? ""),
    ...(given.allowedUnsafeSysctls ?? []).flatMap(sysctlProblems),
  ]
}

function verificationProblems(given: KubeletConfiguration): string[] {
  const { imagePullCredentialsVerificationPolicy: policy, preloadedImagesVerificationAllowlist: allowlist = [] } = given
  const problems: string[] = []
  if (policy && !verificationPolicies.some((each) => each === policy)) {
    const [first, second, third, last] = verificationPolicies.map((each) => quote(each))
    const valid = `Valid options are ${first}, ${second}, ${third} or ${last}`
    problems.push(wrong(`option ${quote(policy)} specified for imagePullCredentialsVerificationPolicy. ${valid}`))
  }
  if (allowlist.length > 0 && policy !== "NeverVerifyAllowlistedImages") {
    const unless = '`imagePullCredentialsVertificationPolicy` is not "NeverVerifyAllowlistedImages"'
    return [...problems, wrong(`can't set \`preloadedImagesVerificationAllowlist\` if ${unless}`)]
  }
  const problem = allowlist.map(allowlistProblem).find((each) => each !== undefined)
  if (problem === undefined) return problems
  return [...problems, wrong(`invalid image pattern in \`preloadedImagesVerificationAllowlist\`: ${problem}`)]
}

const wrong = (text: string): string => `invalid configuration: ${text}`

function attempt(work: () => unknown): string[] {
  try {
    work()
    return []
  } catch (error) {
    return [messageOf(error)]
  }
}

function numberProblems(given: KubeletConfiguration): string[] {
  const problems: string[] = []
  const notNegative = (field: string, flag: string, value = 0) => {
    if (value < 0) problems.push(wrong(`${field} (--${flag}) ${value} must not be a negative number`))
  }
  if ((given.nodeLeaseDurationSeconds ?? 1) < 0) {
    problems.push(wrong("nodeLeaseDurationSeconds must be greater than 0"))
  }
  const { nodeStatusMaxImages = 0 } = given
  if (nodeStatusMaxImages < -1) {
    problems.push(wrong(`nodeStatusMaxImages (--node-status-max-images) ${nodeStatusMaxImages} must be -1 or greater`))
  }
  notNegative("maxPods", "max-pods", given.maxPods)
  notNegative("podsPerCore", "pods-per-core", given.podsPerCore)
  notNegative("registryBurst", "registry-burst", given.registryBurst)
  notNegative("registryPullQPS", "registry-qps", given.registryPullQPS)
  return problems
}

function imageProblems(given: KubeletConfiguration): string[] {
  const problems: string[] = []
  const { images } = defaultSettings
  const { imageGCHighThresholdPercent: high = images.highPercent } = given
  const { imageGCLowThresholdPercent: low = images.lowPercent } = given
  const highName = "imageGCHighThresholdPercent (--image-gc-high-threshold)"
  const lowName = "imageGCLowThresholdPercent (--image-gc-low-threshold)"
  const outside = (percent: number) => percent < 0 || percent > 100
  if (outside(high)) problems.push(wrong(`${highName} ${high} must be between 0 and 100, inclusive`))
  if (outside(low)) problems.push(wrong(`${lowName} ${low} must be between 0 and 100, inclusive`))
  if (low >= high) problems.push(wrong(`${lowName} ${low} must be less than ${highName} ${high}`))
  const { imageMaximumGCAge: most = "0s", imageMinimumGCAge: least = "0s" } = given
  const [mostMs, leastMs] = [milliseconds(most), milliseconds(least) || images.ageLeastMs]
  if (leastMs < 0) problems.push(wrong(`imageMinimumGCAge ${least} must not be negative`))
  if (mostMs < 0) problems.push(wrong(`imageMaximumGCAge ${most} must not be negative`))
  if (mostMs > 0 && mostMs <= leastMs) {
    const limit = given.imageMinimumGCAge ?? "2m0s"
    problems.push(wrong(`imageMaximumGCAge ${most} must be greater than imageMinimumGCAge ${limit}`))
  }
  const { maxParallelImagePulls: atOnce, serializeImagePulls = (atOnce ?? 2) < 2 } = given
  if (atOnce !== undefined && atOnce < 1) {
    problems.push(wrong(`maxParallelImagePulls ${atOnce} must be a positive number`))
  }
  if (serializeImagePulls && atOnce !== undefined && atOnce > 1) {
    const unless = "unless SerializeImagePulls (--serialize-image-pulls) is set to false"
    problems.push(wrong(`maxParallelImagePulls cannot be larger than 1 ${unless}`))
  }
  return problems
}

function logProblems(given: KubeletConfiguration): string[] {
  const problems: string[] = []
  const { containerLogMaxFiles = 2, containerLogMaxSize, containerLogMonitorInterval = "10s" } = given
  if (milliseconds(containerLogMonitorInterval) < 3000) {
    const text = "containerLogMonitorInterval must be a positive time duration greater than or equal to 3s"
    problems.push(wrong(text))
  }
  if (containerLogMaxFiles <= 1) problems.push(wrong("containerLogMaxFiles must be greater than 1"))
  if (containerLogMaxSize) {
    const size = `containerLogMaxSize ${JSON.stringify(containerLogMaxSize)}`
    problems.push(...attempt(() => parseQuantity(containerLogMaxSize)).map((why) => wrong(`${size}: ${why}`)))
  }
  return problems
}

const ENFORCEMENTS = [
  "pods",
  "system-reserved",
  "system-reserved-compressible",
  "kube-reserved",
  "kube-reserved-compressible",
  "none",
]

function enforcementProblems(enforced: readonly string[]): string[] {
  const flag = "enforceNodeAllocatable (--enforce-node-allocatable)"
  return enforced.flatMap((each, index) => {
    if (enforced.indexOf(each) < index) return [wrong(`duplicated enforcements "${each}" in ${flag}`)]
    if (each === "none" && enforced.length > 1) {
      return [wrong(`${flag} may not contain additional enforcements when "none" is specified`)]
    }
    if (!ENFORCEMENTS.includes(each)) {
      const known = ENFORCEMENTS.map((name) => `"${name}"`)
      const list = `${known.slice(0, -1).join(", ")} or ${known.at(-1)}`
      return [wrong(`option "${each}" specified for ${flag}. Valid options are ${list}`)]
    }
    // Whatever else runs on the machine is not ours to limit.
    if (each !== "pods" && each !== "none") return [wrong(`option "${each}" of ${flag} is not available here`)]
    return []
  })
}

function restartProblems({ crashLoopBackOff }: KubeletConfiguration): string[] {
  const period = crashLoopBackOff?.maxContainerRestartPeriod
  if (period === undefined) return []
  const ms = milliseconds(period)
  if (ms >= 1000 && ms <= 300_000) return []
  const got = `(got: ${ms / 1000} seconds)`
  return [wrong(`CrashLoopBackOff.MaxContainerRestartPeriod ${got} must be set between 1s and 300s`)]
}

function shutdownProblems(given: KubeletConfiguration): string[] {
  const { shutdownGracePeriod: whole = "0s", shutdownGracePeriodCriticalPods: critical = "0s" } = given
  const byPriority = given.shutdownGracePeriodByPodPriority ?? []
  const [wholeMs, criticalMs] = [milliseconds(whole), milliseconds(critical)]
  const isOdd = (ms: number) => ms < 0 || (ms > 0 && ms < 1000)
  const range = "must be either zero or otherwise >= 1 sec"
  const both = "Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time"
  return [
    ...(criticalMs > wholeMs
      ? [wrong(`shutdownGracePeriodCriticalPods {${critical}} must be <= shutdownGracePeriod {${whole}}`)]
      : []),
    ...(isOdd(wholeMs) ? [wrong(`shutdownGracePeriod {${whole}} ${range}`)] : []),
    ...(isOdd(criticalMs) ? [wrong(`shutdownGracePeriodCriticalPods {${critical}} ${range}`)] : []),
    ...(byPriority.length > 0 && (wholeMs > 0 || criticalMs > 0) ? [wrong(both)] : []),
  ]
}

function taintProblems({ registerWithTaints = [] }: KubeletConfiguration): string[] {
  const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
  return registerWithTaints.flatMap(({ effect, key, timeAdded, value = "" }) => [
    ...(key && effects.includes(effect) ? [] : [`invalid taint: ${key}=${value}:${effect}`]),
    ...(timeAdded === undefined ? [] : [wrong("taint.TimeAdded is not nil")]),
  ])
}

function swapProblems(behavior = ""): string[] {
  if (["", "NoSwap", "LimitedSwap"].includes(behavior)) return []
  const given = `memorySwap.swapBehavior ${JSON.stringify(behavior)}`
  return [wrong(`${given} must be one of: "", "LimitedSwap" or "NoSwap"`)]
}

const RESERVABLE = new Set(["cpu", "memory", "ephemeral-storage", "pid"])

function reservationProblems(whose: string, amounts: Readonly<Record<string, string>>): string[] {
  return Object.entries(amounts).flatMap(([resource, text]) => {
    const why = reservationProblem(resource, text)
    return why === undefined ? [] : [`--${whose}-reserved value failed to parse: ${why}`]
  })
}

function reservationProblem(resource: string, text: string): string | undefined {
  if (!RESERVABLE.has(resource)) return `cannot reserve "${resource}" resource`
  try {
    const isNegative = parseQuantity(text).unscaled < 0n
    return isNegative ? `resource quantity for "${resource}" cannot be negative: ${text}` : undefined
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    return `failed to parse quantity "${text}" for "${resource}" resource: ${error.message}`
  }
}

function cpuProblems(cpus: string): string[] {
  const where = `unable to parse reservedSystemCPUs (--reserved-cpus) ${cpus}, error: `
  return attempt(() => parseCpus(cpus)).map((why) => wrong(where + why))
}

function sysctlProblems(pattern: string): string[] {
  const problem = sysctlPatternProblem(pattern)
  if (problem !== undefined) return [problem]
  const name = pattern.replace(/\*.*$/, "")
  return sysctlNamespace(name) === undefined ? [`the sysctls "${name}" are not known to be namespaced`] : []
}
