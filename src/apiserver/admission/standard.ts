import type { Platform } from "../../platform/platform.ts"
import type { Authorizer } from "../call.ts"
import type { AdmissionPlugin, ObjectReader } from "./plugin.ts"
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from "./plugins/certificate-requests.ts"
import { defaultIngressClass, defaultStorageClass } from "./plugins/default-class.ts"
import { defaultTolerationSeconds } from "./plugins/default-toleration-seconds.ts"
import { deviceAdminAccess } from "./plugins/device-admin-access.ts"
import { limitRanger } from "./plugins/limit-ranger.ts"
import { namespaceLifecycle } from "./plugins/namespace-lifecycle.ts"
import { nodeRestriction } from "./plugins/node-restriction.ts"
import { persistentVolumeClaimResize } from "./plugins/persistent-volume-claim-resize.ts"
import { podSecurity } from "./plugins/pod-security.ts"
import { podTopologyLabels } from "./plugins/pod-topology-labels.ts"
import { priority } from "./plugins/priority.ts"
import { runtimeClass } from "./plugins/runtime-class.ts"
import { serviceAccount } from "./plugins/service-account.ts"
import { storageObjectInUseProtection } from "./plugins/storage-object-in-use-protection.ts"
import { taintNodesByCondition } from "./plugins/taint-nodes-by-condition.ts"

/** The plugins that are on by default, in Kubernetes' order. */
export function standardAdmission(
  reader: ObjectReader,
  platform: Pick<Platform, "clock" | "random">,
  authorizer: () => Authorizer,
): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle(reader),
    limitRanger(reader),
    serviceAccount(reader, platform),
    nodeRestriction(reader),
    taintNodesByCondition,
    podSecurity(reader, platform),
    priority(reader),
    defaultTolerationSeconds,
    defaultStorageClass(reader),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(reader),
    runtimeClass(reader),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(reader),
    podTopologyLabels(reader),
    deviceAdminAccess(reader),
  ]
}
