import assert from "node:assert/strict"
import { test } from "node:test"
import { getTestRegistry } from "@bufbuild/cel-spec/testdata/registry.js"
import {
  getConformanceSuite,
  type IncrementalTest,
  type IncrementalTestSuite,
} from "@bufbuild/cel-spec/testdata/tests.js"
import { activationOf } from "../activation.ts"
import { createEnvironment } from "../environment.ts"
import { isError } from "../error.ts"
import { stringsLibrary } from "../ext/strings.ts"
import { optionalLibrary } from "../optional/optional-library.ts"
import { bindingsLibrary, twoVariableLibrary } from "../stdlib/two-variable-library.ts"
import type { CelResult } from "../value.ts"
import { declaredFunctions, declaredType, declaredVariables, expectedValue, sameValue } from "./expectations.ts"
import { protobufTypes } from "./protobuf-types.ts"

/**
 * How many tests of each file of the upstream data pass, https://github.com/google/cel-spec/tree/master/tests/simple.
 * They must not become fewer; raise them when they become more.
 */
const PASSING: Readonly<Record<string, number>> = {
  basic: 43,
  bindings_ext: 5,
  comparisons: 404,
  conversions: 109,
  dynamic: 225,
  enums: 39,
  // Two less than all: a key may come twice, as in cel-go.
  fields: 58,
  fp_math: 30,
  integer_math: 64,
  lists: 39,
  logic: 30,
  macros: 44,
  macros2: 46,
  namespace: 3,
  optionals: 68,
  parse: 219,
  plumbing: 5,
  proto2: 90,
  proto3: 75,
  string: 51,
  // The others are about a newer way to format numbers than Kubernetes has.
  string_ext: 189,
  timestamps: 75,
  type_deductions: 41,
  wrappers: 36,
}

/** Files, and groups of tests in them, that are not for us. */
const SKIPPED: Readonly<Record<string, string>> = {
  block_ext: "cel.block is made by optimizers of expressions, and by no client of Kubernetes",
  encoders_ext: "Kubernetes has no base64 functions",
  math_ext: "Kubernetes has no math functions",
  proto2_ext: "extensions of protobuf messages do not occur in Kubernetes",
  "enums/strong_proto2": "enumerations are int, as in cel-go",
  "enums/strong_proto3": "enumerations are int, as in cel-go",
  "proto2/extensions_has": "extensions of protobuf messages do not occur in Kubernetes",
  "proto2/extensions_get": "extensions of protobuf messages do not occur in Kubernetes",
}

const registry = getTestRegistry()
const environment = createEnvironment({
  libraries: [optionalLibrary, twoVariableLibrary, bindingsLibrary, stringsLibrary],
  typeProviders: [protobufTypes(registry)],
  quotedFields: true,
})

/** Undefined when the test passes, else what came instead. */
function failure({ original }: IncrementalTest): string | undefined {
  const scope = environment.extend({
    container: original.container,
    variables: declaredVariables(original.typeEnv),
    functions: declaredFunctions(original.typeEnv),
  })
  const { resultMatcher } = original
  const wantsError = resultMatcher.case === "evalError" || resultMatcher.case === "anyEvalErrors"
  const compiled = original.disableCheck ? scope.parse(original.expr) : scope.compile(original.expr)
  if (!compiled.ok) return wantsError ? undefined : compiled.message
  if (resultMatcher.case === "typedResult") {
    const type = declaredType(resultMatcher.value.deducedType)
    if (!compiled.resultType.equals(type)) return `type ${compiled.resultType} instead of ${type}`
    if (original.checkOnly) return undefined
  }
  const variables = Object.entries(original.bindings).map(([name, { kind }]): [string, () => CelResult] => [
    name,
    () => expectedValue(kind.value as Parameters<typeof expectedValue>[0], registry),
  ])
  const result = scope.program(compiled.ast).evaluate(activationOf(variables))
  if (!result.ok) return wantsError ? undefined : result.error.message
  if (wantsError) return "no error"
  const matcher = resultMatcher.case === "typedResult" ? resultMatcher.value.result : resultMatcher.value
  const wanted =
    resultMatcher.case === undefined ? true : expectedValue(matcher as Parameters<typeof expectedValue>[0], registry)
  return !isError(wanted) && sameValue(result.value, wanted) ? undefined : "another value"
}

function count(suite: IncrementalTestSuite, path: string): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  if (Object.hasOwn(SKIPPED, path)) return { ...counts, skipped: size(suite) }
  for (const one of suite.tests) {
    const failed = failure(one)
    if (failed === undefined) counts.passed++
    else counts.failed++
    if (failed !== undefined && process.env["CEL_FAILURES"] !== undefined) {
      console.log(`${path}/${one.name}: ${one.original.expr}\n    ${failed}`)
    }
  }
  for (const inner of suite.suites) {
    const { passed, failed, skipped } = count(inner, `${path}/${inner.name}`)
    counts.passed += passed
    counts.failed += failed
    counts.skipped += skipped
  }
  return counts
}

function size(suite: IncrementalTestSuite): number {
  return suite.tests.length + suite.suites.reduce((sum, inner) => sum + size(inner), 0)
}

for (const suite of getConformanceSuite().suites) {
  test(`conformance: ${suite.name}`, (t) => {
    const { passed, failed, skipped } = count(suite, suite.name)
    const reasons = Object.entries(SKIPPED).filter(([path]) => path === suite.name || path.startsWith(`${suite.name}/`))
    t.diagnostic(
      `${passed} of ${passed + failed} pass, ${skipped} skipped${reasons.map(([path, why]) => `; ${path}: ${why}`).join("")}`,
    )
    assert.ok(passed >= (PASSING[suite.name] ?? 0), `${passed} pass, ${PASSING[suite.name]} did before`)
  })
}
