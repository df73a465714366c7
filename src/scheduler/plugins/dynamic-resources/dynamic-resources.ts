import { Node } from "../../../api/core/v1/node.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { podRequests } from "../../../api/core/v1/pod-resources.ts"
import { DeviceClass } from "../../../api/resource/v1/device-class.ts"
import { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import { ResourceSlice } from "../../../api/resource/v1/resource-slice.ts"
import { durationToMs } from "../../../machinery/time/duration.ts"
import {
  ADD,
  isSame,
  NODE_ALLOCATABLE,
  NODE_LABEL,
  POD_GENERATED_CLAIM,
  type QueueingHint,
  UPDATE,
  wake,
} from "../../events.ts"
import { type PluginFactory, type PluginHost, type PodPlan, type Rejection, rejectForGood } from "../../framework.ts"
import { SliceIndex } from "./allocation/pools.ts"
import { ClaimCache } from "./claim-cache.ts"
import { deviceClassesOf } from "./device-classes.ts"
import { ExtendedClaim, inMemoryClaim } from "./extended-claim.ts"
import { mayBeBackedByDevices } from "./extended-resources.ts"
import { claimsOfPod, whyNotAllocatable } from "./pod-claims.ts"
import { type DeviceHost, PodDevices } from "./pod-devices.ts"

export interface DynamicResourcesArgs {
  /** How long devices may take to be attached to a node, such as `600s`. */
  readonly bindingTimeout?: string
}

const BINDING_TIMEOUT = "600s"

/**
 * Gives pods the devices that their claims ask for, on a node that has them.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export const dynamicResources: PluginFactory<DynamicResourcesArgs | undefined> = (host, args) => {
  const { informer, platform } = host
  const classes = deviceClassesOf(host)
  const shared: DeviceHost = {
    host,
    cache: claimCacheOf(host),
    slices: sliceIndexOf(host),
    classes: (name) => informer(DeviceClass).get(name),
    bindingTimeoutMs: durationToMs(args?.bindingTimeout ?? BINDING_TIMEOUT),
  }
  const { cache } = shared
  const extendedClaimOf = (pod: Pod): ExtendedClaim | undefined => {
    const amounts = podRequests(pod)
    const isBacked = (resource: string) => mayBeBackedByDevices(resource) && classes.behind(resource) !== undefined
    if (![...amounts].some(([resource, amount]) => amount > 0 && isBacked(resource))) return undefined
    const claim = cache.ofExtendedResources(pod) ?? inMemoryClaim(pod, platform.random.uuid())
    return new ExtendedClaim(pod, amounts, classes.behind, claim)
  }
  const preFilter = (pod: Pod): PodPlan | Rejection | undefined => {
    const claims = claimsOfPod(pod, cache)
    if (typeof claims === "string") return rejectForGood(claims)
    const extended = extendedClaimOf(pod)
    if (claims.length === 0 && extended === undefined) return undefined
    for (const claim of claims) {
      if (claim.status.allocation !== undefined) continue
      const { namespace, name } = claim.metadata
      if (cache.isPending(claim)) {
        return rejectForGood(`resource claim ${namespace}/${name} is in the process of being allocated`)
      }
      const why = whyNotAllocatable(claim, (one) => shared.classes(one) !== undefined)
      if (why !== undefined) return rejectForGood(why)
    }
    return new PodDevices(shared, pod, claims, extended)
  }
  /** The pod that was asked about last. */
  let asked: Pod | undefined
  return {
    name: "DynamicResources",
    preEnqueue: (pod) => {
      const claims = claimsOfPod(pod, cache)
      return typeof claims === "string" ? claims : undefined
    },
    preFilter: (pod) => {
      asked = pod
      return preFilter(pod)
    },
    // When another plugin has refused the pod before this one was asked, kube-scheduler finds no state and says so.
    postFilter: (pod) =>
      asked === pod ? { message: "no new claims to deallocate" } : { message: "not found", done: true },
    wakesOn: wakesOn(cache),
  }
}

const caches = new WeakMap<PluginHost, ClaimCache>()

/** All profiles give away the same devices. */
function claimCacheOf(host: PluginHost): ClaimCache {
  const known = caches.get(host)
  if (known !== undefined) return known
  const cache = new ClaimCache(host.informer(ResourceClaim))
  caches.set(host, cache)
  return cache
}

function sliceIndexOf({ informer }: PluginHost): () => SliceIndex {
  const slices = informer(ResourceSlice)
  let index: SliceIndex | undefined
  slices.onChange(() => {
    index = undefined
  })
  return () => (index ??= new SliceIndex(slices.list()))
}

function wakesOn(cache: ClaimCache): readonly QueueingHint[] {
  return [
    wake(Node, ADD | NODE_LABEL | NODE_ALLOCATABLE),
    wake(ResourceClaim, ADD | UPDATE, (pod, { object, previous }) => {
      const claims = claimsOfPod(pod, cache)
      if (typeof claims === "string" || object === undefined) return false
      // What somebody gives back, anybody can get.
      if (previous?.status.allocation !== undefined && object.status.allocation === undefined) return true
      if (!claims.some(({ metadata }) => metadata.uid === object.metadata.uid)) return false
      return previous === undefined || !isSame(previous.status, object.status)
    }),
    wake(Pod, POD_GENERATED_CLAIM, (pod, { object }) => {
      return object?.metadata.uid === pod.metadata.uid && typeof claimsOfPod(object, cache) !== "string"
    }),
    wake(DeviceClass, ADD | UPDATE),
    wake(ResourceSlice, ADD | UPDATE),
  ]
}
