import type { Client } from "../../client/client.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Authorizer } from "../call.ts"
import type { FindParams } from "./matching/served-kinds.ts"
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "./plugin.ts"
import { alwaysPullImages } from "./plugins/always-pull-images.ts"
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from "./plugins/certificate-requests.ts"
import { defaultIngressClass, defaultStorageClass } from "./plugins/default-class.ts"
import { defaultTolerationSeconds } from "./plugins/default-toleration-seconds.ts"
import { denyServiceExternalIps } from "./plugins/deny-service-external-ips.ts"
import { deviceAdminAccess } from "./plugins/device-admin-access.ts"
import { eventRateLimit } from "./plugins/event-rate-limit.ts"
import { limitRanger } from "./plugins/limit-ranger.ts"
import { namespaceLifecycle } from "./plugins/namespace-lifecycle.ts"
import { namespaceAutoProvision, namespaceExists } from "./plugins/namespace-presence.ts"
import { nodeRestriction } from "./plugins/node-restriction.ts"
import { ownerReferencesPermissionEnforcement } from "./plugins/owner-references-permission-enforcement.ts"
import { persistentVolumeClaimResize } from "./plugins/persistent-volume-claim-resize.ts"
import { podNodeSelector } from "./plugins/pod-node-selector.ts"
import { extendedResourceToleration, limitPodHardAntiAffinityTopology } from "./plugins/pod-restrictions.ts"
import { podSecurity } from "./plugins/pod-security.ts"
import { podTolerationRestriction } from "./plugins/pod-toleration-restriction.ts"
import { podTopologyLabels } from "./plugins/pod-topology-labels.ts"
import { priority } from "./plugins/priority.ts"
import { resourceClaimStatus } from "./plugins/resource-claim-status.ts"
import { runtimeClass } from "./plugins/runtime-class.ts"
import { serviceAccount } from "./plugins/service-account.ts"
import { storageObjectInUseProtection } from "./plugins/storage-object-in-use-protection.ts"
import { taintNodesByCondition } from "./plugins/taint-nodes-by-condition.ts"
import { refusal } from "./refusal.ts"
import type { AdmissionSettings, PluginSettings } from "./settings.ts"

/** What only plugins need that are off by default. */
export interface OptionalAdmission {
  readonly client: () => Client
  readonly findKind: FindParams
  readonly settings: AdmissionSettings
}

/** Off unless somebody asks for them. */
const OPTIONAL = new Set([
  "NamespaceExists",
  "LimitPodHardAntiAffinityTopology",
  "AlwaysPullImages",
  "PodNodeSelector",
  "PodTolerationRestriction",
  "EventRateLimit",
  "ExtendedResourceToleration",
  "DenyServiceExternalIPs",
])

/** The plugins that look at nothing but built-in rules, in Kubernetes' order: those that are wanted. */
export function standardAdmission(
  reader: ObjectReader,
  platform: Pick<Platform, "clock" | "random">,
  authorizer: () => Authorizer,
  optional?: OptionalAdmission,
): readonly AdmissionPlugin[] {
  const { enable = [] } = optional?.settings ?? {}
  const wanted = (plugins: readonly AdmissionPlugin[]) => plugins.filter(({ name }) => enable.includes(name))
  const all = allPlugins(reader, platform, authorizer, optional?.settings.plugins)
  const chosen = all.filter(({ name }) => !OPTIONAL.has(name) || enable.includes(name))
  if (optional === undefined) return chosen
  const { client, findKind, settings } = optional
  const owners = wanted([ownerReferencesPermissionEnforcement(authorizer, findKind)])
  const ownersAt = chosen.findIndex(({ name }) => name === "PersistentVolumeClaimResize")
  const first = wanted([namespaceAutoProvision(reader, client)])
  return withoutDisabled([...first, ...chosen.toSpliced(ownersAt, 0, ...owners)], settings)
}

export function withoutDisabled(
  plugins: readonly AdmissionPlugin[],
  { disable = [] }: AdmissionSettings = {},
): readonly AdmissionPlugin[] {
  return plugins.filter(({ name }) => !disable.includes(name))
}

/** Nobody changes anything: for those who try what happens then. */
export function alwaysDeny({ enable = [] }: AdmissionSettings = {}): readonly AdmissionPlugin[] {
  if (!enable.includes("AlwaysDeny")) return []
  const refuse = (request: AdmissionRequest) => {
    throw refusal(request, "admission control is denying all modifications")
  }
  return [{ name: "AlwaysDeny", validate: refuse }]
}

function allPlugins(
  reader: ObjectReader,
  platform: Pick<Platform, "clock" | "random">,
  authorizer: () => Authorizer,
  plugins: PluginSettings = {},
): readonly AdmissionPlugin[] {
  const { nodeSelectors = new Map(), tolerations = { default: [], whitelist: [] }, eventLimits = [] } = plugins
  return [
    namespaceLifecycle(reader),
    namespaceExists(reader),
    limitPodHardAntiAffinityTopology,
    limitRanger(reader),
    serviceAccount(reader, platform),
    nodeRestriction(reader, authorizer),
    taintNodesByCondition,
    alwaysPullImages,
    podSecurity(reader, platform, plugins.podSecurity),
    podNodeSelector(reader, nodeSelectors),
    priority(reader),
    defaultTolerationSeconds,
    podTolerationRestriction(reader, tolerations),
    eventRateLimit(eventLimits, platform.clock),
    extendedResourceToleration,
    defaultStorageClass(reader),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(reader),
    runtimeClass(reader),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(reader),
    denyServiceExternalIps,
    podTopologyLabels(reader),
    deviceAdminAccess(reader),
    resourceClaimStatus(authorizer),
  ]
}
