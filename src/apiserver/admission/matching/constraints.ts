import type { MatchResources, NamedRuleWithOperations } from "../../../api/admissionregistration/v1/match-resources.ts"
import { compileLabelSelector, EVERYTHING, type LabelSelector } from "../../../machinery/selectors/label-selector.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"
import { findInvocation, type Invocation, sentForm } from "./forms.ts"
import { type Aim, matchesRule } from "./rules.ts"
import { matchesNamespace, matchesObject } from "./selectors.ts"
import type { FormsOf } from "./served-kinds.ts"

/** Which requests a policy or a binding is about, prepared for requests. */
export interface Constraints {
  readonly rules: readonly NamedRuleWithOperations[]
  readonly excluded: readonly NamedRuleWithOperations[]
  readonly isExact: boolean
  readonly namespaceSelector: LabelSelector
  readonly objectSelector: LabelSelector
}

const ALL: Constraints = {
  rules: [],
  excluded: [],
  isExact: true,
  namespaceSelector: EVERYTHING,
  objectSelector: EVERYTHING,
}

/** Absent constraints fit every request. */
export function compileConstraints(resources: MatchResources | undefined): Constraints {
  if (resources === undefined) return ALL
  return {
    rules: resources.resourceRules ?? [],
    excluded: resources.excludeResourceRules ?? [],
    isExact: resources.matchPolicy !== "Equivalent",
    namespaceSelector: compileLabelSelector(resources.namespaceSelector ?? {}),
    objectSelector: compileLabelSelector(resources.objectSelector ?? {}),
  }
}

/** Whether the rules fit the request, which tells quickly that most policies are not concerned. */
export function rulesFit({ rules, isExact }: Constraints, request: AdmissionRequest, formsOf: FormsOf): boolean {
  return rules.length === 0 || findInvocation(rules, fits(request), request, formsOf, isExact) !== undefined
}

const fits =
  ({ name }: AdmissionRequest) =>
  ({ resourceNames = [], ...rule }: NamedRuleWithOperations, aim: Aim) =>
    matchesRule(rule, aim) && (resourceNames.length === 0 || resourceNames.includes(name))

/** In which form the request fits; undefined when it does not. Throws a 404 when its namespace does not exist. */
export function matchConstraints(
  { rules, excluded, isExact, namespaceSelector, objectSelector }: Constraints,
  request: AdmissionRequest,
  { reader, formsOf }: { readonly reader: ObjectReader; readonly formsOf: FormsOf },
): Invocation | undefined | Promise<Invocation | undefined> {
  const matches = fits(request)
  const invocation =
    rules.length === 0
      ? { form: sentForm(request, formsOf) }
      : findInvocation(rules, matches, request, formsOf, isExact)
  if (invocation === undefined) return undefined
  if (excluded.length > 0 && findInvocation(excluded, matches, request, formsOf, isExact) !== undefined)
    return undefined
  if (!matchesObject(objectSelector, request)) return undefined
  const isIn = matchesNamespace(namespaceSelector, request, reader)
  if (typeof isIn === "boolean") return isIn ? invocation : undefined
  return isIn.then((found) => (found ? invocation : undefined))
}
