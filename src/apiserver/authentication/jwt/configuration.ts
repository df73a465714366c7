import { decode } from "../../../machinery/decode/decode.ts"
import { parseYaml } from "../../../machinery/json/yaml.ts"
import { bool, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

/**
 * The file that says whose tokens this server accepts, and who their bearers are.
 * https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-AuthenticationConfiguration
 */

const name = (kind: string): string => `io.k8s.apiserver.pkg.apis.apiserver.v1.${kind}`

const Issuer = struct(
  name("Issuer"),
  {
    url: string(1, { doc: "What the claim iss must be." }),
    discoveryURL: string(2, { doc: "Where the issuer describes itself, when that is not below its URL." }),
    certificateAuthority: string(3, { doc: "The certificates, in PEM, that the issuer's own must be signed by." }),
    audiences: list(4, "string", { doc: "Whom tokens may be for." }),
    audienceMatchPolicy: string(5, { doc: "MatchAny: one of the audiences is enough." }),
    egressSelectorType: string(6, { doc: "Which network leads to the issuer." }),
  },
  { doc: "Who makes the tokens." },
)
const ClaimValidationRule = struct(
  name("ClaimValidationRule"),
  {
    claim: string(1, { doc: "A claim that must be there." }),
    requiredValue: string(2, { doc: "What it must be." }),
    expression: string(3, { doc: "CEL over claims that must be true." }),
    message: string(4, { doc: "What to say when it is not." }),
  },
  { doc: "What must hold for the claims of a token." },
)
const PrefixedClaimOrExpression = struct(
  name("PrefixedClaimOrExpression"),
  {
    claim: string(1, { doc: "The claim to take." }),
    prefix: string(2, { doc: "What to put before it.", pointer: true }),
    expression: string(3, { doc: "CEL over claims." }),
  },
  { doc: "Where a value comes from." },
)
const ClaimOrExpression = struct(
  name("ClaimOrExpression"),
  {
    claim: string(1, { doc: "The claim to take." }),
    expression: string(2, { doc: "CEL over claims." }),
  },
  { doc: "Where a value comes from." },
)
const ExtraMapping = struct(
  name("ExtraMapping"),
  {
    key: string(1, { doc: "The key, with a domain." }),
    valueExpression: string(2, { doc: "CEL over claims: text, or a list of texts." }),
  },
  { doc: "One more attribute of a user." },
)
const ClaimMappings = struct(
  name("ClaimMappings"),
  {
    username: message(1, PrefixedClaimOrExpression, { doc: "The user's name.", always: true }),
    groups: message(2, PrefixedClaimOrExpression, { doc: "The user's groups.", always: true }),
    uid: message(3, ClaimOrExpression, { doc: "The user's id.", always: true }),
    extra: list(4, ExtraMapping, { doc: "More about the user." }),
  },
  { doc: "Who the bearer of a token is." },
)
const UserValidationRule = struct(
  name("UserValidationRule"),
  {
    expression: string(1, { doc: "CEL over user that must be true." }),
    message: string(2, { doc: "What to say when it is not." }),
  },
  { doc: "What must hold for the user." },
)
const JWTAuthenticator = struct(
  name("JWTAuthenticator"),
  {
    issuer: message(1, Issuer, { doc: "Who makes the tokens.", always: true }),
    claimValidationRules: list(2, ClaimValidationRule, { doc: "What must hold for the claims." }),
    claimMappings: message(3, ClaimMappings, { doc: "Who the bearer is.", always: true }),
    userValidationRules: list(4, UserValidationRule, { doc: "What must hold for the user." }),
  },
  { doc: "Whose tokens are accepted, and what they mean." },
)
export type JWTAuthenticator = TypeOf<typeof JWTAuthenticator>

const AnonymousAuthCondition = struct(
  name("AnonymousAuthCondition"),
  { path: string(1, { doc: "A path that needs no identity." }) },
  { doc: "Where nobody need say who it is." },
)
const AnonymousAuthConfig = struct(
  name("AnonymousAuthConfig"),
  {
    enabled: bool(1, { doc: "Whether there are anonymous requests." }),
    conditions: list(2, AnonymousAuthCondition, { doc: "Where. Absent: everywhere." }),
  },
  { doc: "What is open to everybody." },
)
const AuthenticationConfigurationFile = struct(
  name("AuthenticationConfiguration"),
  {
    apiVersion: string(1, { doc: "The version." }),
    kind: string(2, { doc: "The kind." }),
    jwt: list(3, JWTAuthenticator, { doc: "Whose tokens are accepted." }),
    anonymous: message(4, AnonymousAuthConfig, { doc: "What is open to everybody.", pointer: true }),
  },
  { doc: "Who clients are." },
)
export type AuthenticationConfiguration = TypeOf<typeof AuthenticationConfigurationFile>

const VERSIONS = ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`)

/** Throws when it is not YAML or JSON of this kind, or has unknown fields. What it says is not validated. */
export function parseAuthenticationConfiguration(text: string): AuthenticationConfiguration {
  const { object } = decode(AuthenticationConfigurationFile, parseYaml(text), "Strict")
  const { apiVersion = "", kind = "" } = object
  if (kind !== "AuthenticationConfiguration" || !VERSIONS.includes(apiVersion)) {
    throw new Error(
      `no kind "${kind}" is registered for version "${apiVersion}"; expected AuthenticationConfiguration of ${VERSIONS[0]}`,
    )
  }
  return object as AuthenticationConfiguration
}
