import type {
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  SuccessPolicy,
} from "../../api/batch/v1/job-spec.ts"
import type { ContainerStatus } from "../../api/core/v1/container-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { IndexSet } from "./indexes.ts"

/** What a failed pod means for its job. */
export interface FailureVerdict {
  /** Whether it counts towards the limits for failures. */
  readonly counts: boolean
  readonly failsIndex: boolean
  /** Set when the whole job fails by it: why. */
  readonly failsJob?: string
}
const COUNTED: FailureVerdict = { counts: true, failsIndex: false }

/** The first rule that matches decides. https://kubernetes.io/docs/tasks/job/pod-failure-policy/ */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [at, rule] of (policy?.rules ?? []).entries()) {
    const what =
      rule.onExitCodes === undefined
        ? conditionMatch(rule.onPodConditions ?? [], pod)
        : exitMatch(rule.onExitCodes, pod)
    if (what === undefined) continue
    switch (rule.action) {
      case "Ignore":
        return { counts: false, failsIndex: false }
      case "FailIndex":
        return { counts: true, failsIndex: true }
      case "Count":
        return COUNTED
      case "FailJob":
        return { ...COUNTED, failsJob: `${what} matching FailJob rule at index ${at}` }
    }
  }
  return COUNTED
}

function exitMatch(wanted: PodFailurePolicyOnExitCodesRequirement, { metadata, status }: Pod): string | undefined {
  const found = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].find((container) =>
    exitMatches(wanted, container),
  )
  if (found === undefined) return undefined
  const { namespace, name } = metadata
  return `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${found.state?.terminated?.exitCode}`
}

function exitMatches(wanted: PodFailurePolicyOnExitCodesRequirement, { name, state }: ContainerStatus): boolean {
  const code = state?.terminated?.exitCode
  if (code === undefined || code === 0 || (wanted.containerName ?? name) !== name) return false
  return wanted.values.includes(code) === (wanted.operator === "In")
}

function conditionMatch(
  patterns: readonly { readonly type?: string; readonly status?: string }[],
  { metadata, status }: Pod,
): string | undefined {
  const found = status.conditions?.find((condition) =>
    patterns.some((pattern) => pattern.type === condition.type && pattern.status === condition.status),
  )
  return found === undefined ? undefined : `Pod ${metadata.namespace}/${metadata.name} has condition ${found.type}`
}

/** Which rule of the policy is met by the indexes that have succeeded, in words; undefined for none. */
export function metSuccessRule(
  policy: SuccessPolicy | undefined,
  completions: number,
  succeeded: IndexSet,
): string | undefined {
  if (succeeded.size === 0) return undefined
  const met = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount = Number.POSITIVE_INFINITY }) => {
    if (succeededIndexes === undefined) return succeeded.size >= succeededCount
    const wanted = IndexSet.parse(succeededIndexes, completions)
    const there = succeeded.common(wanted)
    return wanted.size > 0 && there >= Math.min(wanted.size, succeededCount)
  })
  return met < 0 ? undefined : `Matched rules at index ${met}`
}
