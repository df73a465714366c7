import type { Rule } from "../../api/admissionregistration/v1/match-resources.ts"
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
} from "../../api/admissionregistration/v1/validating-admission-policy.ts"
import { type AdmissionVariables, admissionEnvironment } from "../../machinery/cel/kubernetes/admission-environment.ts"
import type { DeclaredType } from "../../machinery/cel/kubernetes/declared-type.ts"
import { compileExpression } from "../../machinery/cel/kubernetes/environment.ts"
import { type CelType, dynType } from "../../machinery/cel/types.ts"

/** A kind that a policy may be about. */
export interface KnownKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** Undefined when nothing is known of its objects. */
  readonly declared: () => DeclaredType | undefined
}

/** More kinds than this are not checked against. */
const KINDS_MAX = 10

/** What is wrong with the expressions of a policy, given the types of the objects that it is about. */
export function expressionWarnings(
  { spec }: ValidatingAdmissionPolicy,
  known: readonly KnownKind[],
): readonly ExpressionWarning[] {
  const kinds = kindsOf(spec.matchConstraints?.resourceRules ?? [], known)
  const { paramKind, variables = [] } = spec
  const params = known.find((one) => groupVersion(one) === paramKind?.apiVersion && one.kind === paramKind.kind)
  const checks = kinds.flatMap((kind) => {
    const object = kind.declared()
    if (object === undefined) return []
    const declaredParams = params?.declared()
    const types = { object, hasParams: paramKind !== undefined, ...(declaredParams && { params: declaredParams }) }
    return [{ kind, check: checker(types, variables) }]
  })
  const warningOf = (expression: string) => {
    const problems = checks.flatMap(({ kind, check }) => {
      const problem = check(expression)
      return problem === undefined ? [] : [`${kind.group}/${kind.version}, Kind=${kind.kind}: ${problem}\n`]
    })
    return problems.join("\n")
  }
  return (spec.validations ?? []).flatMap(({ expression, messageExpression = "" }, index) => {
    const at = `spec.validations[${index}]`
    const parts = [
      { fieldRef: `${at}.expression`, warning: warningOf(expression) },
      { fieldRef: `${at}.messageExpression`, warning: messageExpression === "" ? "" : warningOf(messageExpression) },
    ]
    return parts.filter(({ warning }) => warning !== "")
  })
}

const groupVersion = ({ group, version }: KnownKind) => (group === "" ? version : `${group}/${version}`)

/** The kinds that rules name one by one, in order. Those with stars say too little. */
function kindsOf(rules: readonly Rule[], known: readonly KnownKind[]): readonly KnownKind[] {
  const found = new Set<KnownKind>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([...apiGroups, ...apiVersions].some((each) => each.includes("*"))) continue
    const plurals = resources.filter((each) => !/[*/]/.test(each))
    let count = 0
    for (const kind of known.toSorted(byName)) {
      const isMeant =
        apiGroups.includes(kind.group) && apiVersions.includes(kind.version) && plurals.includes(kind.plural)
      if (!isMeant) continue
      found.add(kind)
      if (++count === KINDS_MAX) return [...found].toSorted(byName)
    }
  }
  return [...found].toSorted(byName)
}

function byName(a: KnownKind, b: KnownKind): number {
  const key = ({ group, version, kind }: KnownKind) => `${group}\u0000${version}\u0000${kind}`
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0
}

type Variables = readonly { readonly name: string; readonly expression: string }[]

/** Gives what is wrong with an expression; undefined when nothing is. Of what type it is does not matter. */
function checker(types: AdmissionVariables, variables: Variables): (expression: string) => string | undefined {
  const variableTypes = new Map<string, CelType>()
  const environment = admissionEnvironment({ ...types, hasAuthorizer: true, variables: variableTypes })
  for (const { name, expression } of variables) {
    const compiled = compileExpression(environment, expression)
    variableTypes.set(name, compiled.ok ? compiled.resultType : dynType)
  }
  return (expression) => {
    const compiled = compileExpression(environment, expression)
    return compiled.ok || compiled.stage === "instantiation" ? undefined : compiled.message
  }
}
