import type { KubeObject } from "../../../machinery/schema/resource.ts"
import { type FormsOf, findInvocation, type Invocation, inForm, sentForm } from "../matching/forms.ts"
import { matchesRule } from "../matching/rules.ts"
import { matchesNamespace, matchesObject } from "../matching/selectors.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"
import type { Seen, Sent } from "./admission-review.ts"
import type { Hook } from "./hooks.ts"

/** Evaluates the conditions of a webhook. Throws the 403 that a condition without an answer leads to. */
export type HookConditions = (hook: Hook, request: AdmissionRequest, seen: Seen) => boolean | Promise<boolean>

export interface Matching {
  readonly reader: ObjectReader
  readonly formsOf: FormsOf
  readonly conditions: HookConditions
}

export interface HookInvocation extends Invocation {
  readonly hook: Hook
  readonly seen: Seen
}

/** How the webhook would be called; undefined when the request does not concern it. Throws `StatusError`. */
export async function shouldCall(
  hook: Hook,
  request: AdmissionRequest,
  matching: Matching,
): Promise<HookInvocation | undefined> {
  const invocation = findInvocation(hook.rules, matchesRule, request, matching.formsOf, hook.isExact)
  if (invocation === undefined) return undefined
  const isIn = matchesNamespace(hook.namespaceSelector, request, matching.reader)
  if (!(typeof isIn === "boolean" ? isIn : await isIn)) return undefined
  if (!matchesObject(hook.objectSelector, request)) return undefined
  const seen = await seenAs(invocation, request)
  if (hook.conditions.length > 0 && !(await matching.conditions(hook, request, seen))) return undefined
  return { ...invocation, hook, seen }
}

export async function seenAs({ form }: Invocation, request: AdmissionRequest): Promise<Seen> {
  const resource = form?.resource ?? request.resource
  const { group, version, plural } = resource
  const kind = request.kind ?? resource
  return {
    resource: { group, version, resource: plural },
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
    object: await inForm(request.object, form, request),
    old: (await inForm(request.old, form, request)) as KubeObject | undefined,
  }
}

/** How the client sent it. */
export function sentBy(request: AdmissionRequest, formsOf: FormsOf): Sent {
  const resource = sentForm(request, formsOf)?.resource ?? request.resource
  const kind = request.kind ?? resource
  return {
    resource: { group: resource.group, version: resource.version, resource: resource.plural },
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
  }
}
