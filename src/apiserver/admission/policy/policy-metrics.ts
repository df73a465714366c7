import type { MetricsRegistry } from "../../../platform/metrics-registry.ts"

/** What is counted about policies; names and labels are those of kube-apiserver. */
export interface PolicyMetrics {
  /** `failure`: why it could not be evaluated. */
  checked(policy: string, binding: string, failure: string | undefined, action: string): void
}

export function createValidatingPolicyMetrics(registry: MetricsRegistry): PolicyMetrics {
  const checks = registry.counter(
    "apiserver_validating_admission_policy_check_total",
    "Checks of validating admission policies, by what they led to.",
  )
  return {
    checked: (policy, policy_binding, failure, enforcement_action) =>
      checks.add(1, { policy, policy_binding, error_type: errorType(failure), enforcement_action }),
  }
}

export function createMutatingPolicyMetrics(registry: MetricsRegistry): PolicyMetrics {
  const checks = registry.counter(
    "apiserver_mutating_admission_policy_check_total",
    "Mutations of mutating admission policies, by what they led to.",
  )
  return {
    checked: (policy, policy_binding, failure, enforcement_action) =>
      checks.add(1, { policy, policy_binding, error_type: errorType(failure), enforcement_action }),
  }
}

function errorType(failure: string | undefined): string {
  if (failure === undefined) return "no_error"
  if (failure.startsWith("compilation")) return "compile_error"
  return failure.startsWith("validation failed due to running out of cost budget") ? "out_of_budget" : "invalid_error"
}
