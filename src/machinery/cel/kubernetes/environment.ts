import type { CelAst } from "../ast.ts"
import type { CelLibrary } from "../declarations.ts"
import { type CelEnvironment, createEnvironment } from "../environment.ts"
import { listsLibrary } from "../ext/lists.ts"
import { setsLibrary } from "../ext/sets.ts"
import { stringsLibrary } from "../ext/strings.ts"
import { formatIssues } from "../issues.ts"
import { optionalLibrary } from "../optional/optional-library.ts"
import type { CelProgram } from "../program.ts"
import { twoVariableLibrary } from "../stdlib/two-variable-library.ts"
import { type CelType, optionalOf } from "../types.ts"
import { kubernetesAuthorizerLibrary } from "./authorizer.ts"
import { kubernetesCidrLibrary } from "./cidr.ts"
import { type DeclaredType, typeProviderOf } from "./declared-type.ts"
import { equalityCost } from "./equality-cost.ts"
import { kubernetesFormatLibrary } from "./format.ts"
import { kubernetesIpLibrary } from "./ip.ts"
import { kubernetesListsLibrary } from "./lists.ts"
import { checkLiterals, checkPatterns } from "./literals.ts"
import { kubernetesQuantityLibrary } from "./quantity.ts"
import { kubernetesRegexLibrary } from "./regex.ts"
import { kubernetesSemverLibrary } from "./semver.ts"
import { kubernetesUrlLibrary } from "./url.ts"

/** What Kubernetes 1.36 adds to CEL's standard library wherever it takes expressions. */
const libraries: readonly CelLibrary[] = [
  kubernetesUrlLibrary,
  kubernetesRegexLibrary,
  kubernetesListsLibrary,
  kubernetesAuthorizerLibrary,
  optionalLibrary,
  kubernetesQuantityLibrary,
  stringsLibrary,
  setsLibrary,
  kubernetesIpLibrary,
  kubernetesCidrLibrary,
  kubernetesFormatLibrary,
  twoVariableLibrary,
  kubernetesSemverLibrary,
  listsLibrary,
]

let base: CelEnvironment | undefined

/** The libraries and options of Kubernetes 1.36, without variables. Made once. */
export function kubernetesEnvironment(): CelEnvironment {
  base ??= createEnvironment({ libraries })
  return base
}

/** For the rules of a custom resource: `self` and `oldSelf` of the type that the schema declares. */
export function validationRuleEnvironment(
  self: DeclaredType,
  { optionalOldSelf = false }: { readonly optionalOldSelf?: boolean } = {},
): CelEnvironment {
  return kubernetesEnvironment().extend({
    variables: [
      { name: "self", type: self.type },
      { name: "oldSelf", type: optionalOldSelf ? optionalOf(self.type) : self.type },
    ],
    typeProviders: [typeProviderOf(self)],
  })
}

/** An expression that can be evaluated, or why it cannot. */
export type CompiledExpression =
  | { readonly ok: true; readonly ast: CelAst; readonly resultType: CelType; readonly program: CelProgram }
  /** `stage` tells which step refused it; `message` is cel-go's. */
  | { readonly ok: false; readonly stage: "compilation" | "instantiation"; readonly message: string }

/** Compiles as Kubernetes does: literals that can never be valid are refused here already. */
export function compileExpression(environment: CelEnvironment, expression: string): CompiledExpression {
  const compiled = environment.compile(expression)
  if (!compiled.ok) return { ok: false, stage: "compilation", message: compiled.message }
  const { ast, resultType } = compiled
  const issues = checkLiterals(ast)
  if (issues.length > 0) return { ok: false, stage: "compilation", message: formatIssues(issues, ast.source) }
  const problem = checkPatterns(ast)
  if (problem !== undefined) return { ok: false, stage: "instantiation", message: problem }
  return { ok: true, ast, resultType, program: environment.program(ast, { callCost: equalityCost }) }
}

/** Whether an expression of this type may stand where `wanted` is expected; anything may stand for any. */
export function isExactType(type: CelType, wanted: CelType): boolean {
  return wanted.kind === "any" || type.equals(wanted)
}
