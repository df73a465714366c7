import { invalid } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const BoundObjectReference = struct(
  "io.k8s.api.authentication.v1.BoundObjectReference",
  {
    kind: string(1, { doc: "Pod, Secret or Node." }),
    apiVersion: string(2, { doc: "The API version of the object; v1." }),
    name: string(3, { doc: "The name of the object." }),
    uid: string(4, { doc: "The uid of the object. If given, it must be the one that the object has." }),
  },
  { doc: "An object whose deletion ends a token." },
)
export type BoundObjectReference = TypeOf<typeof BoundObjectReference>

export const TokenRequestSpec = struct(
  "io.k8s.api.authentication.v1.TokenRequestSpec",
  {
    audiences: list(1, "string", {
      doc: "For whom the token is: whoever checks it must find its own name there. Default: the API server.",
      always: true,
      listType: "atomic",
    }),
    expirationSeconds: int64(4, {
      doc: "For how many seconds the token should be valid, 600 to 4294967296. The server may choose less. Default 3600.",
      default: 3600,
      pointer: true,
    }),
    boundObjectRef: message(3, BoundObjectReference, {
      doc: "An object whose deletion makes the token invalid. Default: none but the account.",
    }),
  },
  { doc: "What token is wanted." },
)
export type TokenRequestSpec = TypeOf<typeof TokenRequestSpec>

export const TokenRequestStatus = struct(
  "io.k8s.api.authentication.v1.TokenRequestStatus",
  {
    token: string(1, { doc: "The token, a JWT. It is not stored anywhere.", always: true }),
    expirationTimestamp: time(2, { doc: "When the token expires." }),
  },
  { doc: "The token that was made." },
)
export type TokenRequestStatus = TypeOf<typeof TokenRequestStatus>

const EXPIRATION_SECONDS_MIN = 600
const EXPIRATION_SECONDS_MAX = 2 ** 32

/**
 * Asks for a token of a service account, as kubectl create token does.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
export const TokenRequest = defineResource({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  plural: "tokenrequests",
  doc: "Asks for a token of a service account, as kubectl create token does. Posted to the account's token subresource.",
  definition: "io.k8s.api.authentication.v1.TokenRequest",
  strategy: {
    validate: ({ spec }) => {
      const { expirationSeconds } = spec
      const at = FieldPath.root("spec", "expirationSeconds")
      const problem =
        expirationSeconds < EXPIRATION_SECONDS_MIN
          ? "may not specify a duration less than 10 minutes"
          : expirationSeconds > EXPIRATION_SECONDS_MAX
            ? "may not specify a duration larger than 2^32 seconds"
            : undefined
      return problem === undefined ? [] : [invalid(at, expirationSeconds, problem)]
    },
  },
  fields: {
    spec: message(2, TokenRequestSpec, { doc: "What token is wanted.", always: true }),
    status: message(3, TokenRequestStatus, { doc: "The token, filled in by the server.", always: true }),
  },
})
export type TokenRequest = ObjectOf<typeof TokenRequest>
