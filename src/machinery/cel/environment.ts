import type { CelAst, CelIssue } from "./ast.ts"
import type { CostEstimate, CostEstimator } from "./cost/estimate.ts"
import type { CelLibrary, FunctionDeclaration, TypeProvider, VariableDeclaration } from "./declarations.ts"
import type { Macro } from "./parser/macro.ts"
import type { CelProgram, ProgramOptions } from "./program.ts"
import type { CelType } from "./types.ts"

export interface EnvironmentOptions {
  /** Later ones may add overloads to functions of earlier ones. The standard library is always there. */
  readonly libraries?: readonly CelLibrary[]
  readonly variables?: readonly VariableDeclaration[]
  readonly functions?: readonly FunctionDeclaration[]
  readonly macros?: readonly Macro[]
  /** Asked in this order. */
  readonly typeProviders?: readonly TypeProvider[]
  /** Names are looked up in this namespace first, from the inside out. Default none. */
  readonly container?: string
  /** Refuses lists and maps with elements of different types, as Kubernetes does. Default true. */
  readonly homogeneousLiterals?: boolean
  /** Greatest size of an expression in code points. Default 100,000. */
  readonly expressionSizeMax?: number
  /** Greatest depth of nesting. Default 250. */
  readonly depthMax?: number
}

export type Compilation =
  | { readonly ok: true; readonly ast: CelAst; readonly resultType: CelType }
  /** `message` is all issues as cel-go prints them, with the lines of the source they are in. */
  | { readonly ok: false; readonly issues: readonly CelIssue[]; readonly message: string }

export interface CostOptions {
  /** Whether `has(x.y)` costs 1. Default false, as Kubernetes has it. */
  readonly presenceTestHasCost?: boolean
}

/** What expressions may use. Immutable: `extend` makes another one. */
export interface CelEnvironment {
  /** This environment with more variables, functions or types. Variables of the same name are replaced. */
  extend(options: EnvironmentOptions): CelEnvironment
  /** Parses and checks. Never throws. */
  compile(expression: string, description?: string): Compilation
  /** Parses only; `resultType` is dyn. Such an expression can be evaluated, dispatching by the types of the values. */
  parse(expression: string, description?: string): Compilation
  check(ast: CelAst): Compilation
  /** Prepares evaluation. An expression that can never be evaluated gives its error at each evaluation. */
  program(ast: CelAst, options?: ProgramOptions): CelProgram
  /** What evaluating a checked expression may cost. */
  estimateCost(ast: CelAst, estimator: CostEstimator, options?: CostOptions): CostEstimate
}

/** The environment of the standard library with the given additions. Throws for declarations that contradict. */
export function createEnvironment(_options: EnvironmentOptions = {}): CelEnvironment {
  throw new Error("not there yet")
}
