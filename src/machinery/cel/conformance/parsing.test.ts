import assert from "node:assert/strict"
import { test } from "node:test"
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
import { parsedString } from "./debug-string.ts"

/** How many expressions give cel-go's own tree or messages. They must not become fewer; raise them when they become more. */
// What differs: a smaller limit of depth, syntax for optionals switched off, and what a parser by ANTLR reports after the
// first mistake that it cannot repair.
const SAME: Readonly<Record<string, number>> = { parsing: 154, checking: 124, comprehension: 82, conformance: 2265 }

const environment = createEnvironment({ libraries: [optionalLibrary], quotedFields: true })

/** What came instead, or undefined. */
function difference({ original, ast, error }: IncrementalTest): string | undefined {
  const parsed = environment.parse(original.expr)
  if (!parsed.ok)
    return ast === undefined && parsed.message === error?.replace(DESCRIPTION, "ERROR: <input>:")
      ? undefined
      : parsed.message
  const found = parsedString(parsed.ast)
  return ast !== undefined && sameNames(found) === sameNames(ast) ? undefined : found
}

/** The data calls expressions by different names. */
const DESCRIPTION = /^ERROR: \w*:/gm

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
        console.log(`${one.original.expr}\n--- want\n${one.ast ?? one.error}\n--- got\n${found}`)
      }
      return found !== undefined
    })
    const same = tests.length - different.length
    t.diagnostic(`${same} of ${tests.length} are the same`)
    assert.ok(same >= (SAME[suite.name] ?? 0), `${same} are the same, ${SAME[suite.name]} were before`)
  })
}
