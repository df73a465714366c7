import { activationOf } from "../../../machinery/cel/activation.ts"
import type { CelAst } from "../../../machinery/cel/ast.ts"
import { jsonToCel } from "../../../machinery/cel/json/json-value.ts"
import { celToJson } from "../../../machinery/cel/json/to-json.ts"
import { userInfoType } from "../../../machinery/cel/kubernetes/admission-types.ts"
import { typeProviderOf } from "../../../machinery/cel/kubernetes/declared-type.ts"
import { compileExpression, kubernetesEnvironment } from "../../../machinery/cel/kubernetes/environment.ts"
import { anyType, boolType, type CelType, mapOf, stringType } from "../../../machinery/cel/types.ts"
import { isObject } from "../../../machinery/patch/structure.ts"

/** Expressions over the claims of a token, or over the user that came of them. */
export interface Expression {
  readonly source: string
  /** Whether `claims.NAME` stands in it. */
  readonly uses: (claim: string) => boolean
  /** The JSON value for the claims or the user. Throws an `Error` in CEL's words. */
  readonly evaluate: (value: unknown) => unknown
}

/** Throws an `Error` with what is wrong with it, in Kubernetes' words. */
export function compileClaims(source: string, type: CelType = anyType): Expression {
  return compile(source, type, "claims")
}

/** Over `user`; must be true or false. */
export function compileUser(source: string): Expression {
  return compile(source, boolType, "user")
}

function compile(source: string, wanted: CelType, variable: "claims" | "user"): Expression {
  const environment = kubernetesEnvironment().extend(
    variable === "claims"
      ? { variables: [{ name: "claims", type: mapOf(stringType, anyType) }] }
      : { variables: [{ name: "user", type: userInfoType.type }], typeProviders: [typeProviderOf(userInfoType)] },
  )
  const compiled = compileExpression(environment, source)
  if (!compiled.ok) {
    const what = compiled.stage === "compilation" ? "compilation failed" : "program instantiation failed"
    throw new Error(`${what}: ${compiled.message}`)
  }
  // Of a claim nobody knows the type beforehand.
  if (wanted.kind !== "any" && !compiled.resultType.equals(wanted)) throw new Error(`must evaluate to ${wanted}`)
  return {
    source,
    uses: (claim) => selects(compiled.ast, claim),
    evaluate: (value) => {
      const result = compiled.program.evaluate(activationOf([[variable, () => jsonToCel(value)]]))
      if (!result.ok) throw new Error(`expression '${source}' resulted in error: ${result.error.message}`)
      return celToJson(result.value)
    },
  }
}

/** Also where it is optional: `claims.?NAME`. */
function selects({ expression }: CelAst, claim: string): boolean {
  const isClaims = (value: unknown) => isObject(value) && value["kind"] === "identifier" && value["name"] === "claims"
  const found = (node: unknown): boolean => {
    if (Array.isArray(node)) return node.some(found)
    if (!isObject(node)) return false
    if (node["kind"] === "select" && node["field"] === claim && isClaims(node["operand"])) return true
    const parts = node["arguments"]
    if (node["function"] === "_?._" && Array.isArray(parts) && isClaims(parts[0]) && isObject(parts[1])) {
      if (parts[1]["value"] === claim) return true
    }
    return Object.values(node).some(found)
  }
  return found(expression)
}
