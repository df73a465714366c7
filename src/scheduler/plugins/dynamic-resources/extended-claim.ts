import { Pod } from "../../../api/core/v1/pod.ts"
import type { ContainerExtendedResourceRequest } from "../../../api/core/v1/pod-status.ts"
import { EXTENDED_RESOURCE_CLAIM } from "../../../api/resource/v1/pod-claims.ts"
import { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import type { Client } from "../../../client/client.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { NodeState } from "../../node-state.ts"
import { type ClassOf, mayBeBackedByDevices, requestsFor } from "./extended-resources.ts"

/** No claim of the API can have this name. */
const IN_MEMORY = "<extended-resources>"

/** Whether the claim is only thought of so far. */
export const isInMemory = ({ metadata }: ResourceClaim): boolean => metadata.name === IN_MEMORY

/** The claim that the scheduler makes for extended resources of a pod, before it is known for which node. */
export class ExtendedClaim {
  /** Either thought of, or left over from an earlier try that failed after it was written. */
  readonly claim: ResourceClaim
  readonly #pod: Pod
  readonly #amounts: ReadonlyMap<string, number>
  readonly #classOf: ClassOf

  constructor(pod: Pod, amounts: ReadonlyMap<string, number>, classOf: ClassOf, claim: ResourceClaim) {
    this.claim = claim
    this.#pod = pod
    this.#amounts = amounts
    this.#classOf = classOf
  }

  /** The claim as this node needs it: it may have some of the resources from a device plug-in. A text: why it cannot be. */
  forNode({ allocatable }: NodeState): NodeClaim | string | undefined {
    // Its allocation may be out of date, so it is deleted first.
    if (!isInMemory(this.claim)) return "cannot schedule extended resource claim"
    const needed: string[] = []
    for (const [resource, amount] of this.#amounts) {
      if (amount === 0 || !mayBeBackedByDevices(resource)) continue
      const own = allocatable.others.get(resource)
      if (this.#classOf(resource) !== undefined && (own ?? 0) === 0) needed.push(resource)
      else if (own === undefined) return "cannot fit resource"
    }
    if (needed.length === 0) return undefined
    const { requests, mappings } = requestsFor(this.#pod, needed, this.#classOf)
    return new NodeClaim({ ...this.claim, spec: { devices: { requests } } }, mappings)
  }
}

export class NodeClaim {
  readonly claim: ResourceClaim
  readonly #mappings: readonly ContainerExtendedResourceRequest[]

  constructor(claim: ResourceClaim, mappings: readonly ContainerExtendedResourceRequest[]) {
    this.claim = claim
    this.#mappings = mappings
  }

  /** Writes the claim, without allocation. */
  async create({ client }: { readonly client: Client }): Promise<ResourceClaim> {
    const { generateName, namespace, annotations, ownerReferences } = this.claim.metadata
    const metadata = { generateName, namespace, annotations, ownerReferences }
    try {
      return await client.of(ResourceClaim).create({ metadata, spec: this.claim.spec } as never)
    } catch (error) {
      const why = messageOf(error)
      throw new Error(`create claim for extended resources ${namespace}/: ${why}`, { cause: error })
    }
  }

  /** Tells the node, by the pod's status, which devices are for which container. */
  async record({ client }: { readonly client: Client }, { metadata }: Pod, { metadata: { name } }: ResourceClaim) {
    const status = { extendedResourceClaimStatus: { requestMappings: this.#mappings, resourceClaimName: name } }
    try {
      const body = { metadata: { uid: metadata.uid }, status }
      await client.of(Pod).patch(metadata, body, { type: "strategic", subresource: "status" })
    } catch (error) {
      const why = messageOf(error)
      const pod = `${metadata.namespace}/${metadata.name}`
      throw new Error(`update pod ${pod} ExtendedResourceClaimStatus: ${why}`, { cause: error })
    }
  }
}

/** A claim for the pod that asks for nothing yet. `uid` tells it from others until it is written. */
export function inMemoryClaim({ metadata }: Pod, uid: string): ResourceClaim {
  const { namespace, name } = metadata
  return {
    apiVersion: ResourceClaim.apiVersion,
    kind: ResourceClaim.kind,
    metadata: {
      namespace,
      name: IN_MEMORY,
      uid,
      resourceVersion: "0",
      creationTimestamp: metadata.creationTimestamp,
      generateName: `${name}-extended-resources-`,
      annotations: { [EXTENDED_RESOURCE_CLAIM]: "true" },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid: metadata.uid, controller: true }],
    },
    spec: { devices: { requests: [] } },
    status: {},
  }
}
