import assert from "node:assert/strict"
import { test } from "node:test"
import { getTestRegistry } from "@bufbuild/cel-spec/testdata/registry.js"
import {
  getCheckingSuite,
  getComprehensionSuite,
  getConformanceSuite,
  getParsingSuite,
  type IncrementalTest,
  type IncrementalTestSuite,
} from "@bufbuild/cel-spec/testdata/tests.js"
import { createEnvironment } from "../environment.ts"
import { optionalLibrary } from "../optional/optional-library.ts"
import { bindingsLibrary, twoVariableLibrary } from "../stdlib/two-variable-library.ts"
import { checkedString, parsedString } from "./debug-string.ts"
import { declaredFunctions, declaredVariables } from "./expectations.ts"
import { protobufTypes } from "./protobuf-types.ts"

/** How many of cel-go's own trees, checked trees and messages come out the same. They must not become fewer. */
const SAME: Readonly<Record<string, number>> = {}

const environment = createEnvironment({
  libraries: [optionalLibrary, twoVariableLibrary, bindingsLibrary],
  typeProviders: [protobufTypes(getTestRegistry())],
  quotedFields: true,
})

/** What differs, or undefined. */
function difference({ original, ast, checkedAst, error }: IncrementalTest): string | undefined {
  const scope = environment.extend({
    container: original.container,
    variables: declaredVariables(original.typeEnv),
    functions: declaredFunctions(original.typeEnv),
  })
  const parsed = scope.parse(original.expr, ast === undefined ? "" : "<input>")
  if (!parsed.ok) return ast === undefined && parsed.message === error ? undefined : parsed.message
  if (ast !== undefined && sameNames(parsedString(parsed.ast)) !== sameNames(ast)) return parsedString(parsed.ast)
  if (checkedAst === undefined && error === undefined) return undefined
  const checked = scope.check(parsed.ast)
  if (!checked.ok) return checked.message === error ? undefined : checked.message
  return checkedAst !== undefined && sameNames(checkedString(checked.ast)) === sameNames(checkedAst)
    ? undefined
    : checkedString(checked.ast)
}

/** Names of the accumulator, and non-ASCII text, are written in more than one way. */
function sameNames(text: string): string {
  return text.replace(/__result__|@result/g, "@result").replace(/"(?:[^"\\]|\\.)*"/g, '""')
}

function* testsOf(suite: IncrementalTestSuite): Generator<IncrementalTest> {
  yield* suite.tests
  for (const inner of suite.suites) yield* testsOf(inner)
}

for (const suite of [getParsingSuite(), getCheckingSuite(), getComprehensionSuite(), getConformanceSuite()]) {
  test(`trees and messages: ${suite.name}`, (t) => {
    const tests = [...testsOf(suite)]
    const different = tests.filter((one) => {
      const found = difference(one)
      if (found !== undefined && process.env["CEL_FAILURES"] !== undefined) {
        console.log(`${one.original.expr}\n--- want\n${one.checkedAst ?? one.error ?? one.ast}\n--- got\n${found}`)
      }
      return found !== undefined
    })
    const same = tests.length - different.length
    t.diagnostic(`${same} of ${tests.length} are the same`)
    assert.ok(same >= (SAME[suite.name] ?? 0), `${same} are the same, ${SAME[suite.name]} were before`)
  })
}
