import { DecodeError, decode } from "../../machinery/decode/decode.ts"
import { aggregateMessages, type FieldError, formatFieldError } from "../../machinery/field/error.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import { ObjectMeta } from "../../machinery/meta/object-meta.ts"
import { bool, list, message, string, struct } from "../../machinery/schema/fields.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import { validatePolicy } from "./validate-policy.ts"

/** Which requests are recorded, and how much of them. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */

const name = (kind: string): string => `io.k8s.apiserver.pkg.apis.audit.v1.${kind}`

const GroupResources = struct(
  name("GroupResources"),
  {
    group: string(1, { doc: "The API group; empty: the core group, *: all." }),
    resources: list(2, "string", { doc: "Resources such as pods, pods/log, pods/*, */scale or *. Empty: all." }),
    resourceNames: list(3, "string", { doc: "Names of objects. Empty: all." }),
  },
  { doc: "Kinds of one API group." },
)
const PolicyRule = struct(
  name("PolicyRule"),
  {
    level: string(1, { doc: "How much is recorded: None, Metadata, Request or RequestResponse.", always: true }),
    users: list(2, "string", { doc: "Who asks, by name. Empty: everybody." }),
    userGroups: list(3, "string", { doc: "Who asks, by group. Empty: everybody." }),
    verbs: list(4, "string", { doc: "What is asked. Empty: everything." }),
    resources: list(5, GroupResources, { doc: "What it is about. Empty: everything." }),
    namespaces: list(6, "string", { doc: "Where; the empty one stands for objects without. Empty: everywhere." }),
    nonResourceURLs: list(7, "string", { doc: "Other paths; a * may stand at the end." }),
    omitStages: list(8, "string", { doc: "Stages of such requests of which nothing is recorded." }),
    omitManagedFields: bool(9, { doc: "Whether managed fields are left out.", pointer: true }),
  },
  { doc: "Some requests, and what is recorded of them." },
)
const Policy = struct(
  name("Policy"),
  {
    apiVersion: string(16, { doc: "The version." }),
    kind: string(17, { doc: "The kind." }),
    metadata: message(1, ObjectMeta, { doc: "As of any object; not used." }),
    rules: list(2, PolicyRule, { doc: "The first that matches a request counts; without one nothing is recorded." }),
    omitStages: list(3, "string", { doc: "Stages of which nothing is recorded." }),
    omitManagedFields: bool(4, { doc: "Whether managed fields are left out, unless a rule says otherwise." }),
  },
  { doc: "Which requests are recorded." },
)
export type AuditPolicy = TypeOf<typeof Policy>
export type AuditPolicyRule = TypeOf<typeof PolicyRule>
export type AuditGroupResources = TypeOf<typeof GroupResources>

const GROUP_VERSION = "audit.k8s.io/v1"

/**
 * Reads a policy. What nobody knows of its fields is told to `warn` and left out, as Kubernetes does. Throws an `Error`
 * in Kubernetes' words when it is no valid policy.
 */
export function parseAuditPolicy(text: string, warn: (text: string) => void): AuditPolicy {
  const { policy, warnings } = decodePolicy(text)
  const { apiVersion = "", kind = "" } = policy
  if (kind !== "Policy" || apiVersion !== GROUP_VERSION) {
    throw new Error(`failed decoding: no kind "${kind}" is registered for version "${apiVersion}"`)
  }
  if (warnings.length > 0) {
    warn(
      `Audit policy contains errors, falling back to lenient decoding: strict decoding error: ${warnings.join(", ")}`,
    )
  }
  const errors: readonly FieldError[] = validatePolicy(policy)
  if (errors.length > 0) throw new Error(aggregateMessages(errors.map(formatFieldError)))
  if ((policy.rules ?? []).length === 0) throw new Error("loaded illegal policy with 0 rules")
  return policy
}

function decodePolicy(text: string): { readonly policy: AuditPolicy; readonly warnings: readonly string[] } {
  try {
    const { object, warnings } = decode(Policy, parseYaml(text), "Warn")
    return { policy: object as AuditPolicy, warnings }
  } catch (error) {
    if (error instanceof DecodeError) throw new Error(`failed decoding: ${error.message}`, { cause: error })
    throw error
  }
}
