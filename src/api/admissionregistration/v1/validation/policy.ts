import { anyType } from "../../../../machinery/cel/types.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { dns1035Label, dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { type Errors, NONE, nonEmpty, oneOf } from "../../../core/v1/validation/rules.ts"
import type { MatchCondition, MatchResources } from "../match-resources.ts"
import type { ParamKind, Variable } from "../policy-parameters.ts"
import type { PolicyExpressions } from "./expressions.ts"
import { FAILURE_POLICIES, validateMatchConditions, validateMatchResources } from "./rules.ts"

const SPEC = FieldPath.root("spec")

interface PolicySpec {
  readonly failurePolicy?: string
  readonly paramKind?: ParamKind
  readonly matchConstraints?: MatchResources
  readonly matchConditions?: readonly MatchCondition[]
  readonly variables?: readonly Variable[]
}

/**
 * What policies that refuse and policies that change have in common. `afterMatch` goes between the constraints and the
 * conditions. Variables are added to `expressions`.
 */
export function validatePolicy(spec: PolicySpec, expressions: PolicyExpressions, afterMatch: Errors = NONE): Errors {
  const { failurePolicy = "", paramKind, matchConstraints, variables = [] } = spec
  const match = SPEC.child("matchConstraints")
  return [
    ...oneOf(failurePolicy, FAILURE_POLICIES, SPEC.child("failurePolicy")),
    ...(paramKind === undefined ? NONE : validateParamKind(paramKind, SPEC.child("paramKind"))),
    ...(matchConstraints === undefined
      ? [field.required(match)]
      : [
          ...validateMatchResources(matchConstraints, match),
          ...nonEmpty(matchConstraints.resourceRules, match.child("resourceRules")),
        ]),
    ...afterMatch,
    ...validateMatchConditions(spec.matchConditions, SPEC.child("matchConditions"), paramKind !== undefined),
    ...variables.flatMap((variable, index) =>
      validateVariable(variable, expressions, SPEC.child("variables").index(index)),
    ),
  ]
}

function validateParamKind({ apiVersion = "", kind = "" }: ParamKind, path: FieldPath): Errors {
  const at = path.child("kind")
  const problems = dns1035Label(kind.toLowerCase())
  return [
    ...validateApiVersion(apiVersion, path.child("apiVersion")),
    ...(kind === ""
      ? [field.required(at)]
      : problems.length === 0
        ? NONE
        : [field.invalid(at, kind, `may have mixed case, but should otherwise match: ${problems.join(",")}`)]),
  ]
}

function validateApiVersion(apiVersion: string, path: FieldPath): Errors {
  if (apiVersion === "") return [field.required(path)]
  const parts = apiVersion === "/" ? [""] : apiVersion.split("/")
  if (parts.length > 2) {
    return [field.invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  }
  const group = parts.length === 2 ? (parts[0] ?? "") : ""
  const version = parts.at(-1) ?? ""
  const groupProblems = group === "" ? [] : dns1123Subdomain(group)
  const versionProblems = dns1035Label(version)
  return [
    ...(groupProblems.length === 0 ? NONE : [field.invalid(path, group, groupProblems.join(","))]),
    ...(version === ""
      ? [field.invalid(path, apiVersion, "version must be specified")]
      : versionProblems.length === 0
        ? NONE
        : [field.invalid(path, version, versionProblems.join(","))]),
  ]
}

const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/
/** Words of CEL, and words that it keeps for later. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
)

function validateVariable({ name, expression }: Variable, expressions: PolicyExpressions, path: FieldPath): Errors {
  const at = path.child("name")
  return [
    ...(name.trim() === ""
      ? [field.required(at, "name is not specified")]
      : IDENTIFIER.test(name) && !RESERVED.has(name)
        ? NONE
        : [field.invalid(at, name, "must be a valid CEL identifier")]),
    ...(expression.trim() === ""
      ? [field.required(path.child("expression"), "expression is not specified")]
      : expressions.variable(name, expression, [anyType], path.child("expression"))),
  ]
}

const RESERVED_SUFFIX = ".static.k8s.io"

/** Of webhook configurations, policies and bindings alike. */
export function nameWarnings({ metadata }: { readonly metadata: { readonly name?: string } }): readonly string[] {
  if (metadata.name?.endsWith(RESERVED_SUFFIX) !== true) return []
  return [
    `metadata.name: names ending with "${RESERVED_SUFFIX}" are reserved for static manifest-based configurations and cannot be managed via the API`,
  ]
}
