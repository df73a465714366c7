import type { CelAst, CelIssue, CelSource } from "./ast.ts"
import { checkExpression } from "./checker/checker.ts"
import type { CostEstimate, CostEstimator } from "./cost/estimate.ts"
import { estimateCost } from "./cost/estimate-cost.ts"
import type { CelLibrary, FunctionDeclaration, TypeProvider, VariableDeclaration } from "./declarations.ts"
import { DeclaredNames } from "./declared-names.ts"
import { prepareProgram } from "./evaluator/prepare.ts"
import { IssueList } from "./issues.ts"
import { type Macro, macroKey } from "./parser/macro.ts"
import { parseExpression } from "./parser/parser.ts"
import type { CelProgram, ProgramOptions } from "./program.ts"
import { standardLibrary } from "./stdlib/standard-library.ts"
import { type CelType, dynType } from "./types.ts"

const EXPRESSION_SIZE_MAX = 100_000
const DEPTH_MAX = 250

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
  /** Allows names of fields in backquotes, which Kubernetes does not. Default false. */
  readonly quotedFields?: boolean
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
export function createEnvironment(options: EnvironmentOptions = {}): CelEnvironment {
  return new Environment({ ...options, libraries: [standardLibrary, ...(options.libraries ?? [])] })
}

class Environment implements CelEnvironment {
  readonly #options: EnvironmentOptions
  readonly #names: DeclaredNames
  readonly #macros: ReadonlyMap<string, Macro>

  constructor(options: EnvironmentOptions) {
    const libraries = options.libraries ?? []
    this.#options = options
    this.#names = new DeclaredNames({
      container: options.container ?? "",
      variables: [...libraries.flatMap(({ variables = [] }) => variables), ...(options.variables ?? [])],
      types: libraries.flatMap(({ types = [] }) => types),
      functions: [...libraries.flatMap(({ functions = [] }) => functions), ...(options.functions ?? [])],
      providers: options.typeProviders ?? [],
    })
    const macros = [...libraries.flatMap(({ macros = [] }) => macros), ...(options.macros ?? [])]
    this.#macros = new Map(
      macros.map((macro) => [macroKey(macro.name, macro.receiver, macro.argumentCount), macro] as const),
    )
  }

  extend(options: EnvironmentOptions): CelEnvironment {
    const before = this.#options
    return new Environment({
      ...before,
      ...options,
      libraries: [...(before.libraries ?? []), ...(options.libraries ?? [])],
      variables: [...(before.variables ?? []), ...(options.variables ?? [])],
      functions: [...(before.functions ?? []), ...(options.functions ?? [])],
      macros: [...(before.macros ?? []), ...(options.macros ?? [])],
      typeProviders: [...(options.typeProviders ?? []), ...(before.typeProviders ?? [])],
    })
  }

  compile(expression: string, description?: string): Compilation {
    const parsed = this.parse(expression, description)
    return parsed.ok ? this.check(parsed.ast) : parsed
  }

  parse(expression: string, description = "<input>"): Compilation {
    const source: CelSource = { text: expression, description }
    const issues = new IssueList(source)
    const { expressionSizeMax: sizeMax = EXPRESSION_SIZE_MAX, depthMax = DEPTH_MAX } = this.#options
    const { quotedFields = false } = this.#options
    const parsed = parseExpression(source, { macros: this.#macros, sizeMax, depthMax, quotedFields }, issues)
    if (parsed === undefined) return failure(issues)
    const ast = { source, ...parsed, checked: false, types: new Map(), references: new Map() }
    return { ok: true, ast, resultType: dynType }
  }

  check(ast: CelAst): Compilation {
    const issues = new IssueList(ast.source)
    const { resultType, ...checked } = checkExpression(ast, this.#names, issues)
    return issues.empty ? { ok: true, ast: checked, resultType } : failure(issues)
  }

  program(ast: CelAst, options: ProgramOptions = {}): CelProgram {
    return prepareProgram(ast, this.#names, options)
  }

  estimateCost(ast: CelAst, estimator: CostEstimator, options: CostOptions = {}): CostEstimate {
    return estimateCost(ast, this.#names, estimator, options.presenceTestHasCost ?? false)
  }
}

function failure(issues: IssueList): Compilation {
  return { ok: false, issues: issues.issues, message: issues.format() }
}
