import type { EventLimit } from "./plugins/event-rate-limit.ts"
import type { NodeSelectors } from "./plugins/pod-node-selector.ts"
import type { TolerationSettings } from "./plugins/pod-toleration-restriction.ts"
import type { PodSecuritySettings } from "./pod-security/settings.ts"

/** Which admission plugins run, and what they are told. https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/ */
export interface AdmissionSettings {
  /** Besides those that run anyway. */
  readonly enable?: readonly string[]
  readonly disable?: readonly string[]
  readonly plugins?: PluginSettings
}

export interface PluginSettings {
  readonly nodeSelectors?: NodeSelectors
  readonly tolerations?: TolerationSettings
  readonly eventLimits?: readonly EventLimit[]
  readonly podSecurity?: PodSecuritySettings
}

/** Every plugin of kube-apiserver, in its order. */
const PLUGINS = [
  "AlwaysAdmit",
  "NamespaceAutoProvision",
  "NamespaceLifecycle",
  "NamespaceExists",
  "LimitPodHardAntiAffinityTopology",
  "LimitRanger",
  "ServiceAccount",
  "NodeRestriction",
  "TaintNodesByCondition",
  "AlwaysPullImages",
  "ImagePolicyWebhook",
  "PodSecurity",
  "PodNodeSelector",
  "Priority",
  "DefaultTolerationSeconds",
  "PodTolerationRestriction",
  "EventRateLimit",
  "ExtendedResourceToleration",
  "DefaultStorageClass",
  "StorageObjectInUseProtection",
  "PodGroupProtection",
  "OwnerReferencesPermissionEnforcement",
  "PersistentVolumeClaimResize",
  "RuntimeClass",
  "CertificateApproval",
  "CertificateSigning",
  "ClusterTrustBundleAttest",
  "CertificateSubjectRestriction",
  "DefaultIngressClass",
  "DenyServiceExternalIPs",
  "PodTopologyLabels",
  "PodGroupWorkloadExists",
  "NodeDeclaredFeatureValidator",
  "JobValidation",
  "PodResizeValidator",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionWebhook",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionWebhook",
  "ResourceQuota",
  "AlwaysDeny",
]
/** Not done here; they are off unless somebody asks for them. */
const MISSING = new Set(["ImagePolicyWebhook"])

/** What is wrong with the names, in Kubernetes' words. */
export function settingsProblems({ enable = [], disable = [] }: AdmissionSettings): string[] {
  const unknown = (names: readonly string[], flag: string) =>
    names
      .filter((name) => !PLUGINS.includes(name))
      .map((name) => `${flag}-admission-plugins plugin ${JSON.stringify(name)} is unknown`)
  const both = [...new Set(enable.filter((name) => disable.includes(name)))].toSorted()
  const missing = enable.filter((name) => MISSING.has(name))
  return [
    ...unknown(enable, "enable"),
    ...unknown(disable, "disable"),
    ...(both.length > 0
      ? [`[${both.join(" ")}] in enable-admission-plugins and disable-admission-plugins overlapped`]
      : []),
    ...missing.map((name) => `enable-admission-plugins: ${name} is not available here`),
  ]
}
