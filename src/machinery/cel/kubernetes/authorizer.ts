import { dns1123Label, dns1123Subdomain } from "../../names/dns.ts"
import { parseFieldSelector } from "../../selectors/field-selector.ts"
import { parseLabelSelector } from "../../selectors/parse-label-selector.ts"
import { SelectorError } from "../../selectors/requirement.ts"
import { add, fixed, multiplyByFactor, type SizeEstimate } from "../cost/estimate.ts"
import type { CelLibrary, FunctionDeclaration } from "../declarations.ts"
import { CelError } from "../error.ts"
import { actualSize, constantCost, LIST_CREATION, STRUCT_CREATION, sizeOf, TRAVERSAL } from "../ext/cost.ts"
import { trimSpace } from "../ext/text.ts"
import { type Costs, method } from "../stdlib/overloads.ts"
import { boolType, type CelType, objectType, stringType } from "../types.ts"
import { CelObject, type CelResult, type CelValue } from "../value.ts"
import type { AccessDecision, AccessQuestion, AccessSession, AccessUser } from "./access.ts"

export const authorizerType = objectType("kubernetes.authorization.Authorizer")
export const pathCheckType = objectType("kubernetes.authorization.PathCheck")
export const groupCheckType = objectType("kubernetes.authorization.GroupCheck")
export const resourceCheckType = objectType("kubernetes.authorization.ResourceCheck")
export const decisionType = objectType("kubernetes.authorization.Decision")

/** What the functions of this library give and take; equal only to itself. */
export abstract class CelAccessObject extends CelObject {
  equals(other: CelValue): boolean {
    return this === other
  }
}

/** The value of the variable `authorizer`: asks on behalf of one user. */
export class CelAuthorizer extends CelAccessObject {
  readonly type = authorizerType
  readonly session: AccessSession
  readonly user: AccessUser

  constructor(session: AccessSession, user: AccessUser) {
    super()
    this.session = session
    this.user = user
  }
}

class PathCheck extends CelAccessObject {
  readonly type = pathCheckType
  readonly authorizer: CelAuthorizer
  readonly path: string

  constructor(authorizer: CelAuthorizer, path: string) {
    super()
    this.authorizer = authorizer
    this.path = path
  }
}

class GroupCheck extends CelAccessObject {
  readonly type = groupCheckType
  readonly authorizer: CelAuthorizer
  readonly group: string

  constructor(authorizer: CelAuthorizer, group: string) {
    super()
    this.authorizer = authorizer
    this.group = group
  }
}

type ResourceQuestion = Omit<Extract<AccessQuestion, { type: "resource" }>, "type" | "user" | "verb">

class ResourceCheck extends CelAccessObject {
  readonly type = resourceCheckType
  readonly authorizer: CelAuthorizer
  readonly question: ResourceQuestion

  constructor(authorizer: CelAuthorizer, question: ResourceQuestion) {
    super()
    this.authorizer = authorizer
    this.question = question
  }

  with(change: Partial<ResourceQuestion>): ResourceCheck {
    return new ResourceCheck(this.authorizer, { ...this.question, ...change })
  }
}

class Decision extends CelAccessObject {
  readonly type = decisionType
  readonly decision: AccessDecision

  constructor(decision: AccessDecision) {
    super()
    this.decision = decision
  }
}

/** What the request is about, as the value of the variable `authorizer.requestResource`. */
export function requestResourceCheck(
  authorizer: CelAuthorizer,
  request: Pick<ResourceQuestion, "group" | "resource" | "subresource" | "namespace" | "name">,
): CelObject {
  return new ResourceCheck(authorizer, request)
}

const isBlank = (text: string) => trimSpace(text) === ""

function path(authorizer: CelAuthorizer, text: string): CelResult {
  return isBlank(text) ? new CelError("path must not be empty") : new PathCheck(authorizer, text)
}

function resource({ authorizer, group }: GroupCheck, name: string): CelResult {
  if (isBlank(name)) return new CelError("resource must not be empty")
  return new ResourceCheck(authorizer, { group, resource: name, subresource: "", namespace: "", name: "" })
}

function serviceAccount({ session }: CelAuthorizer, namespace: string, name: string): CelResult {
  if (dns1123Subdomain(name).length > 0) return new CelError("Invalid service account name")
  if (dns1123Label(namespace).length > 0) return new CelError("Invalid service account namespace")
  return new CelAuthorizer(session, {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
    extra: new Map(),
  })
}

function check(target: PathCheck | ResourceCheck, verb: string): CelResult {
  const { session, user } = target.authorizer
  const question: AccessQuestion =
    target instanceof PathCheck
      ? { type: "path", user, verb, path: target.path }
      : { type: "resource", user, verb, ...target.question }
  const decision = session.ask(question)
  return decision === undefined ? new CelError("the authorizer has not answered yet") : new Decision(decision)
}

/** A selector that cannot be parsed is left out, so that the check asks for more. */
function ifParsed(parse: (text: string) => unknown, text: string): string | undefined {
  try {
    parse(text)
    return text
  } catch (error) {
    if (error instanceof SelectorError) return undefined
    throw error
  }
}

function withFieldSelector(target: ResourceCheck, text: string): CelResult {
  const fieldSelector = text === "" ? undefined : ifParsed(parseFieldSelector, text)
  const { fieldSelector: _, ...rest } = target.question
  return new ResourceCheck(target.authorizer, fieldSelector === undefined ? rest : { ...rest, fieldSelector })
}

function withLabelSelector(target: ResourceCheck, text: string): CelResult {
  const labelSelector = text === "" ? undefined : ifParsed(parseLabelSelector, text)
  const { labelSelector: _, ...rest } = target.question
  return new ResourceCheck(target.authorizer, labelSelector === undefined ? rest : { ...rest, labelSelector })
}

/** The shortest requirement has two characters; each is a struct with a list of values. */
const REQUIREMENTS_PER_CHARACTER = 0.5
const REQUIREMENT = LIST_CREATION + STRUCT_CREATION

function estimateSelector(length: SizeEstimate) {
  const reading = multiplyByFactor(length, TRAVERSAL)
  const requirements = multiplyByFactor(multiplyByFactor(length, REQUIREMENTS_PER_CHARACTER), REQUIREMENT)
  return add(add(fixed(LIST_CREATION), reading), requirements)
}

const selecting: Costs = {
  cost: ([, selector]) => estimateSelector(fixed(actualSize(selector))).max,
  estimateCost: (estimateSize, _, [selector]) => ({ cost: estimateSelector(sizeOf(estimateSize, selector)) }),
}

/** Leaves room for two checks in an expression. */
const checking = constantCost(350_000)
const cheap = constantCost(1)

function part(name: "subresource" | "namespace" | "name"): FunctionDeclaration {
  const call = (target: ResourceCheck, text: string) => target.with({ [name]: text })
  return {
    name,
    overloads: [method(`resourcecheck_${name}`, [resourceCheckType, stringType], resourceCheckType, call, cheap)],
  }
}

function answer(name: string, result: CelType, read: (decision: AccessDecision) => CelResult): FunctionDeclaration {
  const call = ({ decision }: Decision) => read(decision)
  return { name, overloads: [method(`decision_${name}`, [decisionType], result, call, cheap)] }
}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library */
export const kubernetesAuthorizerLibrary: CelLibrary = {
  name: "kubernetes.authz",
  functions: [
    { name: "path", overloads: [method("authorizer_path", [authorizerType, stringType], pathCheckType, path, cheap)] },
    {
      name: "group",
      overloads: [
        method(
          "authorizer_group",
          [authorizerType, stringType],
          groupCheckType,
          (authorizer: CelAuthorizer, group: string) => new GroupCheck(authorizer, group),
          cheap,
        ),
      ],
    },
    {
      name: "serviceAccount",
      overloads: [
        method(
          "authorizer_serviceaccount",
          [authorizerType, stringType, stringType],
          authorizerType,
          serviceAccount,
          cheap,
        ),
      ],
    },
    {
      name: "resource",
      overloads: [method("groupcheck_resource", [groupCheckType, stringType], resourceCheckType, resource, cheap)],
    },
    part("subresource"),
    part("namespace"),
    part("name"),
    {
      name: "fieldSelector",
      overloads: [
        method(
          "authorizer_fieldselector",
          [resourceCheckType, stringType],
          resourceCheckType,
          withFieldSelector,
          selecting,
        ),
      ],
    },
    {
      name: "labelSelector",
      overloads: [
        method(
          "authorizer_labelselector",
          [resourceCheckType, stringType],
          resourceCheckType,
          withLabelSelector,
          selecting,
        ),
      ],
    },
    {
      name: "check",
      overloads: [
        method("pathcheck_check", [pathCheckType, stringType], decisionType, check, checking),
        method("resourcecheck_check", [resourceCheckType, stringType], decisionType, check, checking),
      ],
    },
    answer("errored", boolType, ({ error }) => error !== undefined),
    answer("error", stringType, ({ error }) => error ?? ""),
    answer("allowed", boolType, ({ allowed }) => allowed),
    answer("reason", stringType, ({ reason }) => reason ?? ""),
  ],
}
