import type { Namespace, NamespaceCondition } from "../../api/core/v1/namespace.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"

export const kubernetesFinalizer = "kubernetes"

/** What one round of deleting a namespace's content came to. */
export interface Round {
  /** What is still there: how many objects of each kind, and how many carry each finalizer. */
  readonly remaining: ReadonlyMap<string, number>
  readonly finalizers: ReadonlyMap<string, number>
  readonly failures: readonly string[]
  /** Groups whose resources could not be found out, with the reason. */
  readonly undiscovered: readonly string[]
}

/** Pods go first: what they use (secrets, volumes, policies) outlives them. */
export function deletionOrder(resources: readonly AnyResource[]): readonly (readonly AnyResource[])[] {
  const content = resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes("delete"))
  const pods = content.filter(({ group, plural }) => group === "" && plural === "pods")
  return [pods, content.filter((resource) => !pods.includes(resource))]
}

type Verdict = Pick<NamespaceCondition, "type" | "status" | "reason" | "message">

/** The conditions that tell a user why a namespace is still there. */
export function conditionsOf(round: Round): readonly Verdict[] {
  const failure = round.failures.toSorted().join(", ")
  return [
    round.undiscovered.length === 0
      ? good("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered")
      : bad(
          "NamespaceDeletionDiscoveryFailure",
          "DiscoveryFailed",
          `Discovery failed for some groups, ${round.undiscovered.length} failing: unable to retrieve the complete list of server APIs: ${[...round.undiscovered].sort().join(", ")}`,
        ),
    good(
      "NamespaceDeletionGroupVersionParsingFailure",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ),
    failure === ""
      ? good(
          "NamespaceDeletionContentFailure",
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        )
      : bad(
          "NamespaceDeletionContentFailure",
          "ContentDeletionFailed",
          `Failed to delete all resource types, ${round.failures.length} remaining: ${failure}`,
        ),
    round.remaining.size === 0
      ? good("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed")
      : bad(
          "NamespaceContentRemaining",
          "SomeResourcesRemain",
          `Some resources are remaining: ${describe(round.remaining, (kind, n) => `${kind} has ${n} resource instances`)}`,
        ),
    round.finalizers.size === 0
      ? good("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished")
      : bad(
          "NamespaceFinalizersRemaining",
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${describe(round.finalizers, (name, n) => `${name} in ${n} resource instances`)}`,
        ),
  ]
}

const good = (type: string, reason: string, message: string): Verdict => ({ type, status: "False", reason, message })
const bad = (type: string, reason: string, message: string): Verdict => ({ type, status: "True", reason, message })

function describe(counts: ReadonlyMap<string, number>, say: (name: string, n: number) => string): string {
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, n]) => say(name, n))
    .join(", ")
}

/** Replaces the conditions of the same types; a condition keeps its transition time while its status stays. */
export function mergeConditions(
  namespace: Namespace,
  verdicts: readonly Verdict[],
  now: string,
): readonly NamespaceCondition[] {
  const before = namespace.status.conditions ?? []
  const others = before.filter(({ type }) => !verdicts.some((verdict) => verdict.type === type))
  const merged = verdicts.map((verdict) => {
    const same = before.find(({ type, status }) => type === verdict.type && status === verdict.status)
    return { ...verdict, lastTransitionTime: same?.lastTransitionTime ?? now }
  })
  return [...others, ...merged]
}

const RECHECK_MIN_MS = 500
const RECHECK_MAX_MS = 10_000

/**
 * While content waits for its finalizers or grace periods, look again after this long. Most goes at once; what has stayed
 * for long is likely to stay, and every look goes through all kinds.
 */
export function recheckAfterMs(endingForMs: number): number {
  return Math.min(Math.max(RECHECK_MIN_MS, endingForMs / 4), RECHECK_MAX_MS)
}
