import { statSync } from "node:fs"
import { isAbsolute } from "node:path"
import * as field from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { dns1123Subdomain } from "../../../machinery/names/dns.ts"
import { wordsOf } from "../../../machinery/net/connection-words.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { formatDuration, parseDuration } from "../../../machinery/time/duration.ts"
import type { AuthorizationConfiguration, AuthorizerConfiguration, WebhookConfiguration } from "./configuration.ts"
import { compileMatchCondition } from "./match-conditions.ts"

/** Validates what a configuration says, with the messages of kube-apiserver. */

export const AUTHORIZER_TYPES = ["ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"]
const TIMEOUT_MAX = 30_000_000_000n
const CONDITIONS_MAX = 64

type Errors = field.FieldError[]

export function validateConfiguration({ authorizers = [] }: AuthorizationConfiguration): Errors {
  const errors: Errors = []
  const root = FieldPath.root("authorizers")
  if (authorizers.length === 0) errors.push(field.required(root, "at least one authorization mode must be defined"))
  const [types, names] = [new Set<string>(), new Set<string>()]
  for (const [index, authorizer] of authorizers.entries()) {
    const { type = "", name = "", webhook } = authorizer
    const at = root.index(index)
    const wrong = typeProblem(type, types, at.child("type"))
    if (wrong !== undefined) {
      errors.push(wrong)
      continue
    }
    types.add(type)
    errors.push(...nameProblems(name, names, at.child("name")))
    names.add(name)
    if (type === "Webhook") {
      if (webhook) errors.push(...webhookProblems(webhook, at))
      else errors.push(field.required(at.child("webhook"), "required when type=Webhook"))
    } else if (webhook) {
      errors.push(field.invalid(at.child("webhook"), "non-null", "may only be specified when type=Webhook"))
    }
  }
  return errors
}

/** What a file alone could say, but a server must not begin with. */
export function nameMismatches({ authorizers = [] }: AuthorizationConfiguration): string[] {
  return authorizers.flatMap(({ type = "", name = "" }: AuthorizerConfiguration) => {
    const expected = type.toLowerCase()
    if (type === "Webhook" || expected === name) return []
    return [`expected name ${expected} for authorizer ${type} instead of ${name}`]
  })
}

function typeProblem(type: string, seen: ReadonlySet<string>, at: FieldPath): field.FieldError | undefined {
  if (type === "") return field.required(at)
  if (!AUTHORIZER_TYPES.includes(type)) return field.notSupported(at, type, AUTHORIZER_TYPES)
  return seen.has(type) && type !== "Webhook" ? field.duplicate(at, type) : undefined
}

function nameProblems(name: string, seen: ReadonlySet<string>, at: FieldPath): Errors {
  if (name === "") return [field.required(at)]
  if (seen.has(name)) return [field.duplicate(at, name)]
  const problems = dns1123Subdomain(name)
  return problems.length === 0 ? [] : [field.invalid(at, name, `authorizer name is invalid: ${problems.join(", ")}`)]
}

function webhookProblems(webhook: WebhookConfiguration, at: FieldPath): Errors {
  const { timeout = "", authorizedTTL = "", unauthorizedTTL = "", matchConditions = [] } = webhook
  const { subjectAccessReviewVersion: version = "", matchConditionSubjectAccessReviewVersion: about = "" } = webhook
  const errors: Errors = [
    ...durationProblems(timeout, at.child("timeout"), "must be > 0s and <= 30s", TIMEOUT_MAX),
    ...(authorizedTTL === "" ? [] : durationProblems(authorizedTTL, at.child("authorizedTTL"), "must be > 0s")),
    ...(unauthorizedTTL === "" ? [] : durationProblems(unauthorizedTTL, at.child("unauthorizedTTL"), "must be > 0s")),
    ...choiceProblems(version, at.child("subjectAccessReviewVersion"), ["v1", "v1beta1"]),
  ]
  const aboutPath = at.child("matchConditionSubjectAccessReviewVersion")
  if (about !== "") errors.push(...choiceProblems(about, aboutPath, ["v1"]))
  else if (matchConditions.length > 0) {
    errors.push(field.required(aboutPath, "required if match conditions are specified"))
  }
  errors.push(...choiceProblems(webhook.failurePolicy ?? "", at.child("failurePolicy"), ["NoOpinion", "Deny"]))
  errors.push(...connectionProblems(webhook.connectionInfo, at.child("connectionInfo")))
  errors.push(...conditionProblems(matchConditions, at.child("matchConditions")))
  return errors
}

function choiceProblems(value: string, at: FieldPath, choices: readonly string[]): Errors {
  if (value === "") return [field.required(at)]
  return choices.includes(value) ? [] : [field.notSupported(at, value, choices)]
}

function durationProblems(text: string, at: FieldPath, wrong: string, max?: bigint): Errors {
  const duration = text === "" ? 0n : parseDuration(text)
  if (duration === undefined) return [field.invalid(at, text, `time: invalid duration ${JSON.stringify(text)}`)]
  if (duration === 0n) return [field.required(at)]
  const isWrong = duration < 0n || (max !== undefined && duration > max)
  return isWrong ? [field.invalid(at, formatDuration(duration), wrong)] : []
}

function connectionProblems(info: WebhookConfiguration["connectionInfo"], at: FieldPath): Errors {
  const { type = "", kubeConfigFile: file } = info
  const where = at.child("kubeConfigFile")
  switch (type) {
    case "":
      return [field.required(at.child("type"))]
    case "InClusterConfig":
      if (file !== undefined) return [field.invalid(where, file, "can only be set when type=KubeConfigFile")]
      // This server has no service account in a cluster that it serves itself.
      return [field.invalid(at.child("type"), type, "this server is not a pod of a cluster")]
    case "KubeConfigFile":
      return fileProblems(file ?? "", where)
    default:
      return [field.notSupported(at.child("type"), type, ["InClusterConfig", "KubeConfigFile"])]
  }
}

function fileProblems(file: string, at: FieldPath): Errors {
  if (file === "") return [field.required(at)]
  if (!isAbsolute(file)) return [field.invalid(at, file, "must be an absolute path")]
  try {
    return statSync(file).isFile() ? [] : [field.invalid(at, file, "must be a regular file")]
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT"
    const why = isMissing ? `stat ${file}: no such file or directory` : wordsOf(error)
    return [field.invalid(at, file, `error loading file: ${why}`)]
  }
}

function conditionProblems(conditions: NonNullable<WebhookConfiguration["matchConditions"]>, at: FieldPath): Errors {
  if (conditions.length > CONDITIONS_MAX) return [field.tooMany(at, conditions.length, CONDITIONS_MAX)]
  const seen = new Set<string>()
  return conditions.flatMap(({ expression = "" }, index) => {
    const path = at.index(index).child("expression")
    if (expression.trim() === "") return [field.required(path)]
    if (seen.has(expression)) return [field.duplicate(path, expression)]
    seen.add(expression)
    try {
      compileMatchCondition(expression)
      return []
    } catch (error) {
      return [field.invalid(path, expression, messageOf(error))]
    }
  })
}
