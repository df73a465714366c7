import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { dns1035Label, dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { allOf, type Errors, NONE, oneOf } from "../../../core/v1/validation/rules.ts"
import type { MutatingWebhook } from "../mutating-webhook-configuration.ts"
import type { ValidatingWebhook } from "../validating-webhook-configuration.ts"
import {
  FAILURE_POLICIES,
  MATCH_POLICIES,
  REINVOCATION_POLICIES,
  validateMatchConditions,
  validateOperations,
} from "./rules.ts"
import { validateWebhookAddress } from "./webhook-address.ts"

const SIDE_EFFECTS = ["None", "NoneOnDryRun"]
const REVIEW_VERSIONS = ["v1", "v1beta1"]
const TIMEOUT_MAX_SECONDS = 30

type Webhook = ValidatingWebhook & Partial<Pick<MutatingWebhook, "reinvocationPolicy">>

export function validateWebhooks({ webhooks = [] }: { readonly webhooks?: readonly Webhook[] }): Errors {
  const seen = new Set<string>()
  return webhooks.flatMap((webhook, index) => {
    const path = FieldPath.root("webhooks").index(index)
    const { name } = webhook
    const repeated = name !== "" && seen.has(name) ? [field.duplicate(path.child("name"), name)] : NONE
    seen.add(name)
    return [
      ...validateWebhook(webhook, path),
      ...validateReviewVersions(
        webhook.admissionReviewVersions,
        path.child("admissionReviewVersions"),
        `must specify one of ${REVIEW_VERSIONS.join(", ")}`,
      ),
      ...repeated,
    ]
  })
}

function validateWebhook(webhook: Webhook, path: FieldPath): Errors {
  const { name, rules = [], sideEffects, timeoutSeconds = 1, clientConfig } = webhook
  return [
    ...qualifiedDomain(name, path.child("name")),
    ...rules.flatMap((rule, index) => validateOperations(rule, path.child("rules").index(index))),
    ...validateChoice(webhook.failurePolicy, FAILURE_POLICIES, path.child("failurePolicy")),
    ...validateChoice(webhook.matchPolicy, MATCH_POLICIES, path.child("matchPolicy")),
    ...(sideEffects === undefined
      ? [field.required(path.child("sideEffects"), `must specify one of ${SIDE_EFFECTS.join(", ")}`)]
      : oneOf(sideEffects, SIDE_EFFECTS, path.child("sideEffects"))),
    ...(timeoutSeconds < 1 || timeoutSeconds > TIMEOUT_MAX_SECONDS
      ? [
          field.invalid(
            path.child("timeoutSeconds"),
            timeoutSeconds,
            `the timeout value must be between 1 and ${TIMEOUT_MAX_SECONDS} seconds`,
          ),
        ]
      : NONE),
    ...validateLabelSelector(webhook.namespaceSelector, path.child("namespaceSelector")),
    ...validateLabelSelector(webhook.objectSelector, path.child("objectSelector")),
    ...validateChoice(webhook.reinvocationPolicy, REINVOCATION_POLICIES, path.child("reinvocationPolicy")),
    ...validateWebhookAddress(clientConfig, path.child("clientConfig")),
    ...validateMatchConditions(webhook.matchConditions, path.child("matchConditions")),
  ]
}

function validateChoice(value: string | undefined, choices: readonly string[], path: FieldPath): Errors {
  return value === undefined ? NONE : oneOf(value, choices, path)
}

/** A name with a domain of three parts or more. */
function qualifiedDomain(name: string, path: FieldPath): Errors {
  if (name === "") return [field.required(path)]
  const problems = dns1123Subdomain(name)
  if (problems.length > 0) return [field.invalid(path, name, problems.join(","))]
  if (name.split(".").length >= 3) return NONE
  return [field.invalid(path, name, "should be a domain with at least three segments separated by dots")]
}

/** The versions of the question that a webhook understands; conversion webhooks have the same. */
export function validateReviewVersions(versions: readonly string[], path: FieldPath, whenEmpty: string): Errors {
  if (versions.length === 0) return [field.required(path, whenEmpty)]
  const understood = versions.some((version) => REVIEW_VERSIONS.includes(version))
  return [
    ...versions.flatMap((version, index) =>
      versions.indexOf(version) < index
        ? [field.invalid(path.index(index), version, "duplicate version")]
        : allOf(dns1035Label(version), version, path.index(index)),
    ),
    ...(understood
      ? NONE
      : [field.invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(", ")}`)]),
  ]
}
