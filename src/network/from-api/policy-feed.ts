import { Namespace } from "../../api/core/v1/namespace.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import type { Client } from "../../client/client.ts"
import { type Informer, keyOf, startInformer } from "../../client/informer.ts"
import type { Platform } from "../../platform/platform.ts"
import type { PodPolicies } from "../policy/pod-policies.ts"

export interface PolicyFeedOptions {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
  readonly policies: PodPolicies
  readonly onChange: () => void
}

/** What policies are about. */
export interface PolicyFacts {
  readonly policies: readonly NetworkPolicy[]
  readonly namespaces: readonly Namespace[]
  readonly pods: readonly Pod[]
}

export const NO_POLICIES: PolicyFacts = { policies: [], namespaces: [], pods: [] }

export interface PolicyFeed {
  /** Resolves when all policies that the API knows are in the kernel. */
  readonly synced: Promise<void>
  facts(): PolicyFacts
}

/**
 * Follows policies, and the cluster's pods and namespaces as soon as there is a policy: most clusters have none, and
 * then no node needs to know of all pods. `restored` is what was known last; it counts until the API has told all.
 */
export function feedPolicies(options: PolicyFeedOptions, restored: PolicyFacts): PolicyFeed {
  const { client, policies, signal } = options
  const objects = startInformer(client, NetworkPolicy, options)
  let others: Others | undefined
  let complete = false

  tell(policies, restored)
  const follow = async (): Promise<void> => {
    others ??= startOthers()
    await Promise.all([others.namespaces.synced, others.pods.synced])
  }

  async function begin(): Promise<void> {
    await objects.synced
    if (objects.list().length > 0 || restored.policies.length > 0) await follow()
    if (signal.aborted) return
    complete = true
    forgetMissing(policies, restored, facts())
    tell(policies, facts())
    options.onChange()
    await policies.start()
  }

  /** In the order in which it became known. */
  function onPolicy(type: string, policy: NetworkPolicy): void {
    if (!complete) return
    options.onChange()
    if (type === "deleted") return policies.removePolicy(keyOf(policy))
    // Without the pods it would keep out those whom it lets in.
    void follow().then(() => {
      if (objects.get(keyOf(policy)) === policy) policies.setPolicy(policy)
    })
  }

  function startOthers(): Others {
    const namespaces = startInformer(client, Namespace, options)
    const pods = startInformer(client, Pod, options)
    namespaces.onChange(({ type, object: { metadata } }) => {
      policies.setNamespace(metadata.name, type === "deleted" ? undefined : (metadata.labels ?? {}))
      options.onChange()
    })
    pods.onChange(({ type, object }) => {
      if (type === "deleted") policies.removePod(object)
      else policies.setPod(object)
      options.onChange()
    })
    return { namespaces, pods }
  }

  const facts = (): PolicyFacts => ({
    policies: objects.list(),
    namespaces: others?.namespaces.list() ?? [],
    pods: others?.pods.list() ?? [],
  })
  objects.onChange(({ type, object }) => onPolicy(type, object))
  return { synced: begin(), facts: () => (complete ? facts() : restored) }
}

interface Others {
  readonly namespaces: Informer<Namespace>
  readonly pods: Informer<Pod>
}

function tell(policies: PodPolicies, known: PolicyFacts): void {
  for (const { metadata } of known.namespaces) policies.setNamespace(metadata.name, metadata.labels ?? {})
  for (const pod of known.pods) policies.setPod(pod)
  for (const policy of known.policies) policies.setPolicy(policy)
}

/** What is gone since it was written down. */
function forgetMissing(policies: PodPolicies, before: PolicyFacts, now: PolicyFacts): void {
  const [names, namespaces, pods] = [now.policies, now.namespaces, now.pods].map((all) => new Set(all.map(keyOf)))
  for (const policy of before.policies) if (!names?.has(keyOf(policy))) policies.removePolicy(keyOf(policy))
  for (const namespace of before.namespaces) {
    if (!namespaces?.has(keyOf(namespace))) policies.setNamespace(namespace.metadata.name, undefined)
  }
  for (const pod of before.pods) if (!pods?.has(keyOf(pod))) policies.removePod(pod)
}
