import { decode } from "../../../machinery/decode/decode.ts"
import { parseYaml } from "../../../machinery/json/yaml.ts"
import { bool, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

/**
 * The file that says who decides what users may do, in which order.
 * https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-AuthorizationConfiguration
 */

const name = (kind: string): string => `io.k8s.apiserver.pkg.apis.apiserver.v1.${kind}`

const ConnectionInfo = struct(
  name("WebhookConnectionInfo"),
  {
    type: string(1, { doc: "KubeConfigFile or InClusterConfig." }),
    kubeConfigFile: string(2, { doc: "An absolute path.", pointer: true }),
  },
  { doc: "How the webhook is reached." },
)
const MatchCondition = struct(
  name("WebhookMatchCondition"),
  { expression: string(1, { doc: "CEL over request that must be true." }) },
  { doc: "Which requests the webhook is asked about." },
)
const Webhook = struct(
  name("WebhookConfiguration"),
  {
    authorizedTTL: string(1, { doc: "How long a yes is remembered. Default: 5m." }),
    cacheAuthorizedRequests: bool(2, { doc: "Whether it is. Default: true.", pointer: true }),
    unauthorizedTTL: string(3, { doc: "How long a no is remembered. Default: 30s." }),
    cacheUnauthorizedRequests: bool(4, { doc: "Whether it is. Default: true.", pointer: true }),
    timeout: string(5, { doc: "For one call; at most 30s." }),
    subjectAccessReviewVersion: string(6, { doc: "The version of questions: v1 or v1beta1." }),
    matchConditionSubjectAccessReviewVersion: string(7, { doc: "The version that conditions are about: v1." }),
    failurePolicy: string(8, { doc: "NoOpinion or Deny, when the webhook cannot be asked." }),
    connectionInfo: message(9, ConnectionInfo, { doc: "How the webhook is reached.", always: true }),
    matchConditions: list(10, MatchCondition, { doc: "All must hold; otherwise the webhook is not asked." }),
  },
  { doc: "A webhook that decides." },
)
const Authorizer = struct(
  name("AuthorizerConfiguration"),
  {
    type: string(1, { doc: "Node, RBAC, Webhook, AlwaysAllow or AlwaysDeny." }),
    name: string(2, { doc: "For metrics and messages." }),
    webhook: message(3, Webhook, { doc: "Of type Webhook.", pointer: true }),
  },
  { doc: "Who decides." },
)
const File = struct(
  name("AuthorizationConfiguration"),
  {
    apiVersion: string(1, { doc: "The version." }),
    kind: string(2, { doc: "The kind." }),
    authorizers: list(3, Authorizer, { doc: "In the order in which they are asked." }),
  },
  { doc: "Who decides what users may do." },
)
export type AuthorizationConfiguration = Pick<TypeOf<typeof File>, "authorizers">
export type AuthorizerConfiguration = TypeOf<typeof Authorizer>
export type WebhookConfiguration = TypeOf<typeof Webhook>

const VERSIONS = ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`)

/** Throws when it is not YAML or JSON of this kind, or has unknown fields. What it says is not validated. */
export function parseAuthorizationConfiguration(text: string): AuthorizationConfiguration {
  const { object } = decode(File, parseYaml(text), "Strict")
  const { apiVersion = "", kind = "" } = object
  if (kind !== "AuthorizationConfiguration" || !VERSIONS.includes(apiVersion)) {
    throw new Error(
      `no kind "${kind}" is registered for version "${apiVersion}"; expected AuthorizationConfiguration of ${VERSIONS[0]}`,
    )
  }
  return object as AuthorizationConfiguration
}
