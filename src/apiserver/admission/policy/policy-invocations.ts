import { evaluateWithAccess } from "../../../machinery/cel/kubernetes/access.ts"
import { EvaluationTime } from "../../../machinery/cel/kubernetes/evaluation-time.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import type { Clock } from "../../../platform/clock.ts"
import type { Authorizer } from "../../call.ts"
import { matchConstraints } from "../matching/constraints.ts"
import { accessSession, namespaceView, type Situation } from "../matching/evaluation.ts"
import type { Invocation } from "../matching/forms.ts"
import { seenAs, sentBy } from "../matching/seen.ts"
import { readNamespace } from "../matching/selectors.ts"
import type { FindParams, FormsOf } from "../matching/served-kinds.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"
import type { ActivePolicy, BindingObject, PolicyObject } from "./active-policies.ts"
import { ConfigurationError, collectParams, paramSource } from "./params.ts"

export interface PolicyDeps {
  readonly reader: ObjectReader
  readonly formsOf: FormsOf
  readonly findParams: FindParams
  readonly authorizer: () => Authorizer
  readonly clock: Pick<Clock, "monotonicMs">
}

/** A policy that is to be evaluated for a request, or that cannot be. */
export type PolicyInvocation<P extends PolicyObject, B extends BindingObject, C> =
  | {
      readonly active: ActivePolicy<P, B, C>
      readonly binding: B
      readonly params: KubeObject | undefined
      readonly invocation: Invocation
    }
  | { readonly active: ActivePolicy<P, B, C>; readonly binding: B | undefined; readonly problem: string }

/** Every policy, binding and object of parameters that the request concerns. */
export async function policyInvocations<P extends PolicyObject, B extends BindingObject, C>(
  all: readonly ActivePolicy<P, B, C>[],
  request: AdmissionRequest,
  deps: PolicyDeps,
): Promise<PolicyInvocation<P, B, C>[]> {
  const invocations: PolicyInvocation<P, B, C>[] = []
  for (const active of all) {
    const configured = await orProblem("policy", () => matchPolicy(active, request, deps))
    if (typeof configured === "string") {
      invocations.push({ active, binding: undefined, problem: configured })
      continue
    }
    if (configured === undefined) continue
    const { invocation, source } = configured
    for (const { binding, constraints } of active.bindings) {
      const found = await orProblem("binding", async () => {
        if ((await matchConstraints(constraints, request, deps)) === undefined) return []
        return collectParams(source, binding.spec.paramRef, request.namespace, deps.reader)
      })
      if (typeof found === "string") invocations.push({ active, binding, problem: found })
      else invocations.push(...found.map((params) => ({ active, binding, params, invocation })))
    }
  }
  return invocations
}

async function matchPolicy<P extends PolicyObject, B extends BindingObject, C>(
  { policy, constraints }: ActivePolicy<P, B, C>,
  request: AdmissionRequest,
  deps: PolicyDeps,
) {
  if (policy.spec.matchConstraints === undefined) {
    throw new ConfigurationError("policy contained no match constraints, a required field")
  }
  const invocation = await matchConstraints(constraints, request, deps)
  return invocation && { invocation, source: paramSource(policy.spec.paramKind, deps.findParams) }
}

async function orProblem<T>(what: "policy" | "binding", run: () => Promise<T>): Promise<T | string> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof StatusError)) throw error
    return `failed to configure ${what}: ${error.message}`
  }
}

/** What expressions see of a request beyond the policy: made once for all of them. */
export async function policyScene(request: AdmissionRequest, { reader, formsOf, authorizer, clock }: PolicyDeps) {
  const { resource, namespace } = request
  const isNamespace = resource.group === "" && resource.kind === "Namespace"
  const found = namespace === "" || isNamespace ? undefined : await readNamespace(namespace, reader)
  const session = accessSession(authorizer())
  const time = new EvaluationTime(clock)
  const sent = sentBy(request, formsOf)
  return {
    /** In the form of an invocation, as the object is now. */
    situation: async (invocation: Invocation, params: KubeObject | undefined): Promise<Situation> => {
      const seen = await seenAs(invocation, request)
      // The object itself may still be changed; what expressions have looked at may not.
      const object = seen.object && { ...seen.object }
      return {
        request,
        sent,
        seen: { ...seen, object },
        namespaceObject: found && namespaceView(found),
        params,
        session,
        time,
      }
    },
    /** Runs what may ask the authorizer. */
    evaluate: <T>(run: () => T): T | Promise<T> => evaluateWithAccess(session, run),
  }
}
