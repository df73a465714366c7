import { deepEqual, isObject, type JsonObject } from "../../machinery/patch/structure.ts"

/**
 * Fields of Kubernetes' that cannot be set here, with the value that is in force, which may be given. What is not in the
 * table does not exist in Kubernetes either.
 */
const inForce: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["enableServer", true],
  ["podLogsDir", ""],
  ["syncFrequency", "1m0s"],
  ["httpCheckFrequency", "20s"],
  ["staticPodURL", ""],
  ["staticPodURLHeader", {}],
  ["address", "0.0.0.0"],
  ["port", 10_250],
  ["readOnlyPort", 0],
  ["tlsCertFile", ""],
  ["tlsPrivateKeyFile", ""],
  ["tlsCipherSuites", []],
  ["tlsCurvePreferences", []],
  ["tlsMinVersion", ""],
  ["rotateCertificates", true],
  ["serverTLSBootstrap", false],
  ["authentication", { x509: {}, webhook: { enabled: true }, anonymous: { enabled: false } }],
  ["authorization", { mode: "Webhook", webhook: {} }],
  ["eventRecordQPS", 50],
  ["eventBurst", 100],
  ["enableDebuggingHandlers", true],
  ["enableContentionProfiling", false],
  ["healthzPort", 10_248],
  ["healthzBindAddress", "127.0.0.1"],
  ["oomScoreAdj", -999],
  ["streamingConnectionIdleTimeout", "4h0m0s"],
  ["volumeStatsAggPeriod", "1m0s"],
  ["kubeletCgroups", ""],
  ["systemCgroups", ""],
  ["cgroupRoot", ""],
  ["cgroupsPerQOS", true],
  ["cgroupDriver", "cgroupfs"],
  ["singleProcessOOMKill", false],
  ["qosReserved", {}],
  ["runtimeRequestTimeout", "2m0s"],
  ["hairpinMode", "promiscuous-bridge"],
  ["podCIDR", ""],
  ["runOnce", false],
  ["cpuCFSQuotaPeriod", "100ms"],
  ["maxOpenFiles", 1_000_000],
  ["contentType", "application/vnd.kubernetes.protobuf"],
  ["kubeAPIQPS", 50],
  ["kubeAPIBurst", 100],
  ["enableControllerAttachDetach", true],
  ["protectKernelDefaults", false],
  ["makeIPTablesUtilChains", true],
  ["iptablesMasqueradeBit", 14],
  ["iptablesDropBit", 15],
  ["containerLogMaxWorkers", 1],
  ["configMapAndSecretChangeDetectionStrategy", "Watch"],
  ["showHiddenMetricsForVersion", ""],
  ["systemReservedCgroup", ""],
  ["kubeReservedCgroup", ""],
  ["volumePluginDir", "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/"],
  ["kernelMemcgNotification", false],
  ["logging", { format: "text" }],
  ["enableSystemLogHandler", true],
  ["enableSystemLogQuery", false],
  ["enableProfilingHandler", true],
  ["enableDebugFlagsHandler", true],
  ["memoryThrottlingFactor", 0.9],
  ["memoryReservationPolicy", "None"],
  ["registerNode", true],
  ["tracing", {}],
  ["localStorageCapacityIsolation", true],
  ["userNamespaces", {}],
])

/** Splits off the fields that cannot be set here, and says which of them ask for something else than what is in force. */
export function withoutOtherFields(given: JsonObject): { readonly rest: JsonObject; readonly problems: string[] } {
  const problems = Object.entries(given).flatMap(([field, value]) => {
    if (!inForce.has(field) || isUnset(value) || agrees(value, inForce.get(field))) return []
    const only = JSON.stringify(inForce.get(field))
    return [`invalid configuration: ${field}: found ${JSON.stringify(value)}, and only ${only} is available here`]
  })
  const rest = Object.fromEntries(Object.entries(given).filter(([field]) => !inForce.has(field)))
  return { rest, problems }
}

/** Programs that write such files leave nothing out. */
function isUnset(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) return Object.values(value).every(isUnset)
  return [undefined, null, "", "0", "0s", 0, false].includes(value as never)
}

/** Members that are not set are whatever they are. */
function agrees(value: unknown, fixed: unknown): boolean {
  if (!isObject(value) || !isObject(fixed)) return deepEqual(value, fixed)
  return Object.entries(value).every(([name, member]) => isUnset(member) || agrees(member, fixed[name]))
}
