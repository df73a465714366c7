import { isExempt } from "../matching/exempt.ts"
import { findInvocation, type Invocation } from "../matching/forms.ts"
import { matchesRule } from "../matching/rules.ts"
import { type Seen, seenAs } from "../matching/seen.ts"
import { matchesNamespace, matchesObject } from "../matching/selectors.ts"
import type { FormsOf } from "../matching/served-kinds.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"
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

/** A webhook whose rules fit a request, in its place among all of them. */
export interface Candidate {
  readonly hook: Hook
  readonly index: number
  readonly invocation: Invocation
}

/** Most requests concern no webhook, which costs them nothing but this. */
export function candidates(hooks: readonly Hook[], request: AdmissionRequest, { formsOf }: Matching): Candidate[] {
  const found: Candidate[] = []
  if (isExempt(request)) return found
  for (const [index, hook] of hooks.entries()) {
    const invocation = findInvocation(hook.rules, matchesRule, request, formsOf, hook.isExact)
    if (invocation !== undefined) found.push({ hook, index, invocation })
  }
  return found
}

/** How the webhook would be called; undefined when the request does not concern it after all. Throws `StatusError`. */
export async function shouldCall(
  { hook, invocation }: Candidate,
  request: AdmissionRequest,
  matching: Matching,
): Promise<HookInvocation | undefined> {
  const isIn = matchesNamespace(hook.namespaceSelector, request, matching.reader)
  if (!(typeof isIn === "boolean" ? isIn : await isIn)) return undefined
  if (!matchesObject(hook.objectSelector, request)) return undefined
  const seen = await seenAs(invocation, request)
  if (hook.conditions.length > 0 && !(await matching.conditions(hook, request, seen))) return undefined
  return { ...invocation, hook, seen }
}
