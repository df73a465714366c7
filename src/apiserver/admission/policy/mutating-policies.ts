import { MutatingAdmissionPolicy } from "../../../api/admissionregistration/v1/mutating-admission-policy.ts"
import { MutatingAdmissionPolicyBinding } from "../../../api/admissionregistration/v1/mutating-admission-policy-binding.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import { StatusError, type StatusReason } from "../../../machinery/status/status-error.ts"
import { type DraftObject, replaceDraft } from "../../resources/draft.ts"
import { evaluateConditions } from "../matching/conditions.ts"
import { rulesFit } from "../matching/constraints.ts"
import { isExempt } from "../matching/exempt.ts"
import type { Invocation } from "../matching/forms.ts"
import { type Reinvocation, reinvocations } from "../matching/reinvocation.ts"
import type { AdmissionPlugin, AdmissionRequest, MutationRound } from "../plugin.ts"
import { refusal } from "../refusal.ts"
import { type ActivePolicy, activePolicies } from "./active-policies.ts"
import { evaluateMutation, MutationError, mutateObject } from "./mutate-object.ts"
import { compileMutation, type MutationProgram } from "./mutation-program.ts"
import { type PolicyDeps, policyInvocations, policyScene } from "./policy-invocations.ts"
import type { PolicyMetrics } from "./policy-metrics.ts"

type Active = ActivePolicy<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutationProgram>
type Scene = Awaited<ReturnType<typeof policyScene>>

export interface MutatingPolicyDeps extends PolicyDeps {
  readonly metrics: PolicyMetrics
}

/** Changes objects by policies. https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */
export function mutatingPolicies(deps: MutatingPolicyDeps): AdmissionPlugin {
  const kinds = { policy: MutatingAdmissionPolicy, binding: MutatingAdmissionPolicyBinding }
  const source: () => readonly Active[] = activePolicies(deps.reader, kinds, compileMutation)
  const reinvocationOf = reinvocations()
  return {
    name: "MutatingAdmissionPolicy",
    mutate: (request, round) => {
      const all = source()
      // A deletion has no object that could be changed.
      if (all.length === 0 || request.operation === "DELETE" || isExempt(request)) return undefined
      const concerned = all.filter(({ constraints }) => rulesFit(constraints, request, deps.formsOf))
      return concerned.length === 0 ? undefined : mutateAll(concerned, request, round, reinvocationOf(request), deps)
    },
  }
}

/** A policy that could not be applied. */
interface Failure {
  readonly policy: string
  readonly binding: string | undefined
  readonly message: string
  readonly reason: StatusReason
  readonly failsOpen: boolean
}

async function mutateAll(
  all: readonly Active[],
  request: AdmissionRequest,
  round: MutationRound,
  reinvocation: Reinvocation,
  deps: MutatingPolicyDeps,
): Promise<void> {
  const invocations = await policyInvocations(all, request, deps)
  if (invocations.length === 0) return
  reinvocation.begin(round, request.object)
  const scene = await policyScene(request, deps)
  const failures: Failure[] = []
  let touched = false
  for (const each of invocations) {
    const { active, binding } = each
    const { policy, failsOpen } = active
    const fail = (message: string, reason: StatusReason) =>
      failures.push({ policy: policy.metadata.name, binding: binding?.metadata.name, message, reason, failsOpen })
    if ("problem" in each) {
      fail(each.problem, "")
      continue
    }
    const { invocation, params } = each
    const program = active.compiled()
    const situation = await scene.situation(invocation, params)
    const conditions = await scene.evaluate(() => evaluateConditions(program.conditions, situation, program.variables))
    if ("error" in conditions) fail(conditions.error, "Invalid")
    if ("error" in conditions || !conditions.matches) continue
    const id = [policy, binding, params]
      .map((one) => `${one?.metadata.namespace ?? ""}/${one?.metadata.name ?? ""}`)
      .join()
    if (!reinvocation.isDue(round, id)) continue
    const observe = (failure: string | undefined) =>
      deps.metrics.checked(policy.metadata.name, each.binding.metadata.name, failure, "")
    const applied = await mutate(program, invocation, params, request, scene, observe, (message) =>
      fail(message, "Invalid"),
    )
    touched ||= applied.touched
    if (applied.changed) {
      reinvocation.changed()
      round.secondNeeded = true
    }
    if (policy.spec.reinvocationPolicy === "IfNeeded") reinvocation.ran(id)
  }
  if (touched) {
    reinvocation.changed()
    round.secondNeeded = true
  }
  reinvocation.end(request.object)
  refuse(failures, request)
}

/** The mutations of one policy, each on what the one before left. */
async function mutate(
  program: MutationProgram,
  invocation: Invocation,
  params: KubeObject | undefined,
  request: AdmissionRequest,
  scene: Scene,
  observe: (failure: string | undefined) => void,
  fail: (message: string) => void,
): Promise<{ readonly touched: boolean; readonly changed: boolean }> {
  let touched = false
  let changed = false
  for (const mutation of program.mutations) {
    const situation = await scene.situation(invocation, params)
    const before = situation.seen.object as KubeObject | undefined
    if (before === undefined || request.object === undefined) continue
    try {
      const result = await scene.evaluate(() => evaluateMutation(mutation, situation, program.variables))
      if ("error" in result) throw new MutationError(result.error)
      const kind = request.kind ?? invocation.form?.resource ?? request.resource
      const after = mutateObject(mutation, result.value, before, kind)
      touched = true
      if (!deepEqual(before, after)) {
        changed = true
        await store(after, invocation, request.object, request)
      }
      observe(undefined)
    } catch (error) {
      if (!(error instanceof MutationError)) throw error
      observe(error.message)
      fail(error.message)
    }
  }
  return { touched, changed }
}

async function store(
  after: KubeObject,
  { form }: Invocation,
  draft: DraftObject,
  { kind }: AdmissionRequest,
): Promise<void> {
  const stored = form === undefined || kind !== undefined ? after : await form.outOf(after)
  replaceDraft(draft, stored as unknown as DraftObject)
}

/** Throws a 403 when a policy that must not fail did. */
function refuse(all: readonly Failure[], request: AdmissionRequest): void {
  const failures = all.filter(({ failsOpen }) => !failsOpen)
  const [first] = failures
  if (first === undefined) return
  const messages = failures.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${JSON.stringify(policy)} denied request: ${message}`
      : `policy '${policy}' with binding '${binding}' denied request: ${message}`,
  )
  const { details, code } = refusal(request, "admission request denied by policy")
  const causes = messages.map((message) => ({ message }))
  throw new StatusError(first.reason || "Forbidden", code, messages[0] ?? "", { ...details, causes })
}
