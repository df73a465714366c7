import { activationOf } from "../../../machinery/cel/activation.ts"
import { jsonToCel } from "../../../machinery/cel/json/json-value.ts"
import { celToJson } from "../../../machinery/cel/json/to-json.ts"
import { accessReviewSpecType } from "../../../machinery/cel/kubernetes/authorization-types.ts"
import { typeProviderOf } from "../../../machinery/cel/kubernetes/declared-type.ts"
import { compileExpression, kubernetesEnvironment } from "../../../machinery/cel/kubernetes/environment.ts"
import { boolType } from "../../../machinery/cel/types.ts"
import { aggregateMessages } from "../../../machinery/field/error.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { AccessSpec } from "./access-spec.ts"

/** Which requests a webhook is asked about: those for which all of its conditions are true. */
export interface MatchCondition {
  /** Throws an `Error` in CEL's words. */
  readonly evaluate: (spec: AccessSpec) => boolean
}

/** Throws an `Error` with what is wrong with it, in Kubernetes' words. */
export function compileMatchCondition(source: string): MatchCondition {
  const environment = kubernetesEnvironment().extend({
    variables: [{ name: "request", type: accessReviewSpecType.type }],
    typeProviders: [typeProviderOf(accessReviewSpecType)],
  })
  const compiled = compileExpression(environment, source)
  if (!compiled.ok) {
    const what = compiled.stage === "compilation" ? "compilation failed" : "program instantiation failed"
    throw new Error(`${what}: ${compiled.message}`)
  }
  if (!compiled.resultType.equals(boolType)) throw new Error(`must evaluate to bool but got ${compiled.resultType}`)
  return {
    evaluate(spec) {
      const result = compiled.program.evaluate(activationOf([["request", () => jsonToCel(spec)]]))
      if (result.ok) return celToJson(result.value) === true
      throw new Error(`cel evaluation error: expression '${source}' resulted in error: ${result.error.message}`)
    },
  }
}

/** One that is false outweighs errors of others. Throws an `Error` when none is false and some cannot be told. */
export function matchesAll(conditions: readonly MatchCondition[], spec: AccessSpec): boolean {
  const problems: string[] = []
  for (const condition of conditions) {
    try {
      if (!condition.evaluate(spec)) return false
    } catch (error) {
      problems.push(messageOf(error))
    }
  }
  if (problems.length > 0) throw new Error(aggregateMessages(problems))
  return true
}
