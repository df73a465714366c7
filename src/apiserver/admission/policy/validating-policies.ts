import { ValidatingAdmissionPolicy } from "../../../api/admissionregistration/v1/validating-admission-policy.ts"
import { ValidatingAdmissionPolicyBinding } from "../../../api/admissionregistration/v1/validating-admission-policy-binding.ts"
import { CODE_OF_REASON, StatusError, type StatusReason } from "../../../machinery/status/status-error.ts"
import { rulesFit } from "../matching/constraints.ts"
import { isExempt } from "../matching/exempt.ts"
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts"
import { refusal } from "../refusal.ts"
import { type ActivePolicy, activePolicies } from "./active-policies.ts"
import { type Decision, evaluateValidation } from "./evaluate-validation.ts"
import { type PolicyDeps, policyInvocations, policyScene } from "./policy-invocations.ts"
import type { PolicyMetrics } from "./policy-metrics.ts"
import { compileValidation, type ValidationProgram } from "./validation-program.ts"

type Active = ActivePolicy<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidationProgram>

export interface ValidatingPolicyDeps extends PolicyDeps {
  readonly metrics: PolicyMetrics
}

/** Refuses requests by policies. https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ */
export function validatingPolicies(deps: ValidatingPolicyDeps): AdmissionPlugin {
  const kinds = { policy: ValidatingAdmissionPolicy, binding: ValidatingAdmissionPolicyBinding }
  const source: () => readonly Active[] = activePolicies(deps.reader, kinds, compileValidation)
  return {
    name: "ValidatingAdmissionPolicy",
    validate: (request) => {
      const all = source()
      if (all.length === 0 || isExempt(request)) return undefined
      const concerned = all.filter(({ constraints }) => rulesFit(constraints, request, deps.formsOf))
      return concerned.length === 0 ? undefined : judge(concerned, request, deps)
    },
  }
}

/** Why a request is refused. */
interface Denial {
  readonly policy: string
  readonly binding: string | undefined
  readonly message: string
  readonly reason: string
}

async function judge(all: readonly Active[], request: AdmissionRequest, deps: ValidatingPolicyDeps): Promise<void> {
  const invocations = await policyInvocations(all, request, deps)
  if (invocations.length === 0) return
  const scene = await policyScene(request, deps)
  const denials: Denial[] = []
  const annotations = new Map<string, Set<string>>()
  for (const each of invocations) {
    const { active, binding } = each
    const policy = active.policy.metadata.name
    const deny = (message: string, reason = "") =>
      denials.push({ policy, binding: binding?.metadata.name, message, reason })
    if ("problem" in each) {
      if (!active.failsOpen) deny(each.problem)
      continue
    }
    const situation = await scene.situation(each.invocation, each.params)
    const outcome = await scene.evaluate(() => evaluateValidation(active.compiled(), situation, active.failsOpen))
    for (const [index, decision] of outcome.decisions.entries()) {
      act(decision, index, each.binding, policy, request, deps.metrics, deny)
    }
    for (const annotation of outcome.annotations) {
      if (annotation.type === "error") deny(annotation.message)
      else {
        const values = annotations.getOrInsertComputed(`${policy}/${annotation.key}`, () => new Set())
        values.add(annotation.value.slice(0, ANNOTATION_LENGTH_MAX))
      }
    }
  }
  for (const [key, values] of annotations) request.annotate?.(key, [...values].join(", "))
  const [first] = denials
  if (first !== undefined) throw denialError(first, request)
}

const ANNOTATION_LENGTH_MAX = 10 * 1024

function act(
  decision: Decision,
  index: number,
  binding: ValidatingAdmissionPolicyBinding,
  policy: string,
  request: AdmissionRequest,
  metrics: PolicyMetrics,
  deny: (message: string, reason: string) => void,
): void {
  const { message } = decision
  const { name } = binding.metadata
  if (decision.admits) {
    if (decision.failed) metrics.checked(policy, name, message, "allow")
    return
  }
  const validationActions = binding.spec.validationActions ?? []
  for (const action of validationActions) {
    switch (action) {
      case "Deny":
        deny(message, decision.reason)
        break
      case "Warn":
        request.warn(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${name}': ${message}`)
        break
      default: {
        const failure = { message, policy, binding: name, expressionIndex: index, validationActions }
        request.annotate?.("validation.policy.admission.k8s.io/validation_failure", JSON.stringify([failure]))
      }
    }
    metrics.checked(policy, name, decision.failed ? message : undefined, action.toLowerCase())
  }
}

function denialError({ policy, binding, message, reason }: Denial, request: AdmissionRequest): StatusError {
  const who = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? "" : ` with binding '${binding}'`}`
  const text = `${who} denied request: ${message}`
  const forbidden = refusal(request, text)
  const known = (reason === "" ? "Invalid" : reason) as Exclude<StatusReason, "">
  const code = CODE_OF_REASON[known] ?? CODE_OF_REASON.Invalid
  return new StatusError(known, code, forbidden.message, { ...forbidden.details, causes: [{ message: text }] })
}
