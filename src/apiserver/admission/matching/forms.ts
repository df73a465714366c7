import type { AnyResource, KubeObject } from "../../../machinery/schema/resource.ts"
import type { DraftObject } from "../../resources/draft.ts"
import type { AdmissionRequest } from "../plugin.ts"
import { type Aim, aimOf } from "./rules.ts"
import type { FormsOf, ResourceForm } from "./served-kinds.ts"

/** In which form a configuration wants to see a request. Undefined: in the resource's own. */
export interface Invocation {
  readonly form: ResourceForm | undefined
}

/** In which form the client sent the request. */
export function sentForm(request: AdmissionRequest, formsOf: FormsOf): ResourceForm | undefined {
  const { sentAs } = request
  return sentAs && formsOf(request.resource).find(({ resource }) => resource === sentAs)
}

/**
 * Whether a configuration is meant, and in which form: the one in which the request was sent when `matches` accepts
 * that, otherwise, unless `isExact`, the first other one that it accepts.
 */
export function findInvocation<Rule>(
  rules: readonly Rule[],
  matches: (rule: Rule, aim: Aim) => boolean,
  request: AdmissionRequest,
  formsOf: FormsOf,
  isExact: boolean,
): Invocation | undefined {
  const sent = sentForm(request, formsOf)
  const aim = aimOf(request)
  const aimAt = (form: ResourceForm | undefined): Aim =>
    form === undefined ? aim : { ...aim, ...placeOf(form.resource) }
  const sentAim = aimAt(sent)
  if (rules.some((rule) => matches(rule, sentAim))) return { form: sent }
  if (isExact) return undefined
  const others = [undefined, ...formsOf(request.resource)].filter((form) => form !== sent)
  if (others.length === 0) return undefined
  for (const rule of rules) {
    for (const form of others) if (matches(rule, aimAt(form))) return { form }
  }
  return undefined
}

function placeOf({ group, version, plural }: AnyResource) {
  return { group, version, plural }
}

/** The object, or the old one, as a configuration wants to see it. Bodies of subresources have one form only. */
export function inForm(
  object: KubeObject | DraftObject | undefined,
  form: ResourceForm | undefined,
  { kind }: AdmissionRequest,
): KubeObject | undefined | Promise<KubeObject> {
  const seen = object as KubeObject | undefined
  return form === undefined || seen === undefined || kind !== undefined ? seen : form.into(seen)
}
