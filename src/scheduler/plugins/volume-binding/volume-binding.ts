import { claimedVolumes, whyNotOfPod } from "../../../api/core/v1/claimed-volumes.ts"
import { Node } from "../../../api/core/v1/node.ts"
import { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import { boundToClaim, SELECTED_NODE } from "../../../api/core/v1/volume-binding.ts"
import { classOfClaim, classOfVolume } from "../../../api/core/v1/volume-matching.ts"
import { CSIDriver } from "../../../api/storage/v1/csi-driver.ts"
import { CSIStorageCapacity } from "../../../api/storage/v1/csi-storage-capacity.ts"
import { StorageClass } from "../../../api/storage/v1/storage-class.ts"
import { compareQuantities } from "../../../machinery/quantity/quantity.ts"
import { ADD, isSame, NODE_LABEL, type QueueingHint, UPDATE, wake } from "../../events.ts"
import { type PluginFactory, type PodPlan, type Rejection, rejectForGood } from "../../framework.ts"
import { notFound, usesClaim } from "../pod-claims.ts"
import { AssumeCache } from "./assume-cache.ts"
import { bindVolumes, isFullyBound } from "./bind-volumes.ts"
import { findVolumes, type PodVolumeClaims, type PodVolumes, type StorageView } from "./find-volumes.ts"
import { volumeLimit } from "./storage-capacity.ts"

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds?: number
}

const BIND_TIMEOUT_SECONDS = 600

/**
 * Brings pods to nodes that can reach their volumes, and volumes to pods whose claims wait for a node
 * (`WaitForFirstConsumer`): a free volume is bound, or one is made for the node that was chosen.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */
export const volumeBinding: PluginFactory<VolumeBindingArgs | undefined> = (host, args) => {
  const { informer } = host
  const claims = new AssumeCache(informer(PersistentVolumeClaim))
  const volumes = new AssumeCache(informer(PersistentVolume))
  const classes = informer(StorageClass)
  const drivers = informer(CSIDriver)
  const capacities = informer(CSIStorageCapacity)
  const timeoutMs = (args?.bindTimeoutSeconds ?? BIND_TIMEOUT_SECONDS) * 1000
  const view = (): StorageView => {
    const byClass = new Map<string, readonly PersistentVolume[]>()
    return {
      volume: (name) => volumes.get(name),
      volumesOf(className) {
        const known = byClass.get(className)
        if (known !== undefined) return known
        const found = volumes.list().filter((volume) => classOfVolume(volume) === className)
        byClass.set(className, found)
        return found
      },
      storageClass: (name) => classes.get(name),
      driver: (name) => drivers.get(name),
      capacities: () => capacities.list(),
    }
  }
  const preFilter = (pod: Pod): PodPlan | Rejection | undefined => {
    const found = claimsOf(pod, claims, (name) => classes.get(name))
    if (found === undefined || "reasons" in found) return found
    return planFor(pod, found)
  }
  const planFor = (pod: Pod, podClaims: PodVolumeClaims): PodPlan => {
    const seen = view()
    const byNode = new Map<string, PodVolumes>()
    let assumed: PodVolumes | undefined
    return {
      filter: ({ name, node }) => {
        const found = findVolumes(podClaims, { name, labels: node.metadata.labels ?? {} }, seen)
        if ("bindings" in found) {
          byNode.set(name, found)
          return undefined
        }
        return rejectForGood(...found)
      },
      reserve: (nodeName) => {
        const found = byNode.get(nodeName)
        if (found !== undefined) assumed = assume(found, nodeName)
        return undefined
      },
      unreserve: () => {
        for (const { volume } of assumed?.bindings ?? []) volumes.restore(volume)
        for (const claim of assumed?.provisions ?? []) claims.restore(claim)
        assumed = undefined
      },
      needsPreBind: () => (assumed?.bindings.length ?? 0) + (assumed?.provisions.length ?? 0) > 0,
      preBind: async (nodeName, signal) => {
        if (assumed !== undefined) await bindVolumes(host, pod, nodeName, assumed, timeoutMs, signal)
      },
    }
  }
  /** Nobody else shall get these volumes, or decide about these claims. */
  const assume = ({ bindings, provisions }: PodVolumes, nodeName: string): PodVolumes => ({
    bindings: bindings.map(({ claim, volume }) => {
      const bound = boundToClaim(volume, claim)
      if (bound !== volume) volumes.assume(bound)
      return { claim, volume: bound }
    }),
    provisions: provisions.map((claim) => {
      const annotations = { ...claim.metadata.annotations, [SELECTED_NODE]: nodeName }
      const selected = { ...claim, metadata: { ...claim.metadata, annotations } }
      claims.assume(selected)
      return selected
    }),
  })
  return { name: "VolumeBinding", preFilter, wakesOn }
}

/** Undefined: the pod has no claims. */
function claimsOf(
  pod: Pod,
  claims: Pick<AssumeCache<PersistentVolumeClaim>, "get">,
  classOf: (name: string) => StorageClass | undefined,
): PodVolumeClaims | Rejection | undefined {
  const bound: PersistentVolumeClaim[] = []
  const waiting: PersistentVolumeClaim[] = []
  const wanted = claimedVolumes(pod)
  if (wanted.length === 0) return undefined
  let isImmediate = false
  for (const { claimName, isEphemeral } of wanted) {
    const claim = claims.get(`${pod.metadata.namespace}/${claimName}`)
    const why = whyNotUsable(pod, claimName, claim, isEphemeral)
    if (claim === undefined || why !== undefined) return rejectForGood(why ?? "")
    const storageClass = classOf(classOfClaim(claim))
    if (isFullyBound(claim)) bound.push(claim)
    else if (storageClass?.volumeBindingMode === "WaitForFirstConsumer" && !claim.spec.volumeName) waiting.push(claim)
    else isImmediate = true
  }
  return isImmediate ? rejectForGood("pod has unbound immediate PersistentVolumeClaims") : { bound, waiting }
}

function whyNotUsable(
  pod: Pod,
  name: string,
  claim: PersistentVolumeClaim | undefined,
  isEphemeral: boolean,
): string | undefined {
  if (claim === undefined) {
    if (!isEphemeral) return notFound("persistentvolumeclaim", name)
    return `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
  }
  if (claim.status.phase === "Lost") {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ""}"`
  }
  if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`
  return isEphemeral ? whyNotOfPod(pod, claim) : undefined
}

const wakesOn: readonly QueueingHint[] = [
  wake(StorageClass, ADD | UPDATE, (_, { object, previous }) => {
    return previous === undefined || !isSame(object?.allowedTopologies, previous.allowedTopologies)
  }),
  wake(PersistentVolumeClaim, ADD | UPDATE, (pod, { object }) => object !== undefined && usesClaim(pod, object)),
  wake(PersistentVolume, ADD | UPDATE),
  wake(Node, ADD | NODE_LABEL),
  wake(CSIDriver, UPDATE, ({ spec }, { object, previous }) => {
    const isUsed = (spec.volumes ?? []).some(({ csi }) => csi?.driver === object?.metadata.name)
    return isUsed && Boolean(previous?.spec.storageCapacity) && !object?.spec.storageCapacity
  }),
  wake(CSIStorageCapacity, ADD | UPDATE, (_, { object, previous }) => {
    if (object === undefined || previous === undefined) return true
    const [now, before] = [volumeLimit(object), volumeLimit(previous)]
    return now !== undefined && (before === undefined || compareQuantities(now, before) > 0)
  }),
]
