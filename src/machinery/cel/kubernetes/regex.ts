import { compileRegex, type Regex, RegexError } from "../../regex/regex.ts"
import { add, fixed, multiply, multiplyByFactor } from "../cost/estimate.ts"
import type { CelLibrary } from "../declarations.ts"
import { CelError, isError } from "../error.ts"
import { actualSize, REGEX, sizeOf, TRAVERSAL } from "../ext/cost.ts"
import { ValueList } from "../list.ts"
import { type Costs, method } from "../stdlib/overloads.ts"
import { intType, listOf, stringType } from "../types.ts"
import type { CelResult } from "../value.ts"

function compile(pattern: string): Regex | CelError {
  try {
    return compileRegex(pattern)
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    return new CelError(`Illegal regex: ${error.message}`)
  }
}

function find(text: string, pattern: string): CelResult {
  const regex = compile(pattern)
  return isError(regex) ? regex : (regex.find(text) ?? "")
}

function findAll(text: string, pattern: string, countMax = -1n): CelResult {
  const regex = compile(pattern)
  return isError(regex) ? regex : new ValueList(regex.findAll(text, Number(countMax)))
}

const searching: Costs = {
  cost: ([text, pattern]) => Math.ceil((1 + actualSize(text)) * TRAVERSAL) * Math.ceil(actualSize(pattern) * REGEX),
  estimateCost: (estimateSize, target, [pattern]) => {
    const size = sizeOf(estimateSize, target)
    // One more than the text is long, because an expensive pattern is not free on an empty text.
    const reading = multiplyByFactor(add(size, fixed(1)), TRAVERSAL)
    const states = multiplyByFactor(sizeOf(estimateSize, pattern), REGEX)
    return { cost: multiply(reading, states), resultSize: { min: 0, max: size.max } }
  },
}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library */
export const kubernetesRegexLibrary: CelLibrary = {
  name: "kubernetes.regex",
  functions: [
    {
      name: "find",
      overloads: [method("string_find_string", [stringType, stringType], stringType, find, searching)],
    },
    {
      name: "findAll",
      overloads: [
        method("string_find_all_string", [stringType, stringType], listOf(stringType), findAll, searching),
        method("string_find_all_string_int", [stringType, stringType, intType], listOf(stringType), findAll, searching),
      ],
    },
  ],
}
