import { attachDetachController } from "../../controllers/attachdetach/controller.ts"
import { bootstrapSigner, tokenCleaner } from "../../controllers/bootstrap/controller.ts"
import { certificateController } from "../../controllers/certificates/controller.ts"
import { clusterRoleAggregationController } from "../../controllers/clusterroleaggregation/controller.ts"
import { cronJobController } from "../../controllers/cronjob/controller.ts"
import { daemonSetController } from "../../controllers/daemonset/controller.ts"
import type { ControllerDefinition } from "../../controllers/define-controller.ts"
import { deploymentController } from "../../controllers/deployment/controller.ts"
import { deviceTaintEvictionController } from "../../controllers/devicetainteviction/controller.ts"
import { disruptionController } from "../../controllers/disruption/controller.ts"
import { endpointsController } from "../../controllers/endpoints/controller.ts"
import { endpointSliceController } from "../../controllers/endpointslice/controller.ts"
import { endpointSliceMirroringController } from "../../controllers/endpointslicemirroring/controller.ts"
import { ephemeralVolumeController } from "../../controllers/ephemeralvolume/controller.ts"
import { garbageCollector } from "../../controllers/garbagecollector/controller.ts"
import { jobController } from "../../controllers/job/controller.ts"
import { localVolumeProvisioner } from "../../controllers/localvolume/controller.ts"
import { namespaceController } from "../../controllers/namespace/controller.ts"
import { nodeIpamController } from "../../controllers/nodeipam/controller.ts"
import { nodeLifecycleController } from "../../controllers/nodelifecycle/controller.ts"
import { persistentVolumeBinder } from "../../controllers/persistentvolume/controller.ts"
import { podAutoscalerController } from "../../controllers/podautoscaler/controller.ts"
import { podGarbageCollector } from "../../controllers/podgc/controller.ts"
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from "../../controllers/protection/controller.ts"
import { replicaSetController } from "../../controllers/replicaset/controller.ts"
import { replicationController } from "../../controllers/replicationcontroller/controller.ts"
import { resourceClaimController } from "../../controllers/resourceclaim/controller.ts"
import { resourceQuotaController } from "../../controllers/resourcequota/controller.ts"
import { rootCaController } from "../../controllers/rootca/controller.ts"
import { serviceAccountController } from "../../controllers/serviceaccount/controller.ts"
import { accountTokensController } from "../../controllers/serviceaccounttokens/controller.ts"
import { legacyTokenCleaner } from "../../controllers/serviceaccounttokens/legacy-controller.ts"
import { serviceAddressesController } from "../../controllers/serviceaddresses/controller.ts"
import { serviceCidrsController } from "../../controllers/servicecidrs/controller.ts"
import { serviceLoadBalancerController } from "../../controllers/serviceloadbalancer/controller.ts"
import { statefulSetController } from "../../controllers/statefulset/controller.ts"
import { taintEvictionController } from "../../controllers/tainteviction/controller.ts"
import { ttlController } from "../../controllers/ttl/controller.ts"
import { ttlAfterFinishedController } from "../../controllers/ttlafterfinished/controller.ts"
import { validatingAdmissionPolicyStatus } from "../../controllers/validatingadmissionpolicystatus/controller.ts"
import { volumeExpandController } from "../../controllers/volumeexpand/controller.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { KeyedCertificate, SigningKey } from "../../pki/certificate.ts"
import type { NodeVolumes } from "../../storage/storage.ts"

export interface ControllerSettings {
  /** Every kind that is served. */
  readonly resources: readonly AnyResource[]
  /** The cluster's CA. */
  readonly ca: KeyedCertificate
  /** What tokens of service accounts are signed with. */
  readonly serviceAccount: Pick<SigningKey, "privateKey">
  readonly podCidr: string
  /** Addresses for services of type LoadBalancer, such as `10.90.0.0/24`. */
  readonly loadBalancerPool: string
  /** Absent: nodes have no folders for volumes, and claims wait for another provisioner. */
  readonly nodeVolumes?: NodeVolumes
}

/** Every control loop of the cluster. Their RBAC roles derive from this list too. */
export function controllerDefinitions({
  resources,
  ca,
  serviceAccount,
  podCidr,
  loadBalancerPool,
  nodeVolumes,
}: ControllerSettings): ControllerDefinition[] {
  return [
    attachDetachController,
    bootstrapSigner,
    tokenCleaner,
    certificateController(ca),
    clusterRoleAggregationController,
    daemonSetController,
    deploymentController,
    deviceTaintEvictionController,
    disruptionController,
    replicaSetController,
    replicationController,
    endpointsController,
    endpointSliceController,
    endpointSliceMirroringController,
    ephemeralVolumeController,
    garbageCollector(resources),
    jobController,
    cronJobController,
    ttlAfterFinishedController,
    validatingAdmissionPolicyStatus(resources),
    ...(nodeVolumes === undefined ? [] : [localVolumeProvisioner(nodeVolumes)]),
    namespaceController(resources),
    nodeIpamController(podCidr),
    nodeLifecycleController,
    podAutoscalerController,
    podGarbageCollector,
    persistentVolumeBinder,
    claimProtectionController,
    volumeProtectionController,
    attributesClassProtectionController,
    resourceClaimController,
    resourceQuotaController(resources),
    rootCaController(ca.cert),
    serviceAccountController,
    accountTokensController({ caPem: ca.cert, signingKey: serviceAccount.privateKey }),
    legacyTokenCleaner,
    serviceAddressesController,
    serviceCidrsController,
    serviceLoadBalancerController(loadBalancerPool),
    statefulSetController,
    taintEvictionController,
    volumeExpandController,
    ttlController,
  ]
}
