import { invalid } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const BoundObjectReference = struct("io.k8s.api.authentication.v1.BoundObjectReference", {
  kind: string(1, { doc: "" }),
  apiVersion: string(2, { doc: "" }),
  name: string(3, { doc: "" }),
  uid: string(4, { doc: "" }),
})
export type BoundObjectReference = TypeOf<typeof BoundObjectReference>

export const TokenRequestSpec = struct("io.k8s.api.authentication.v1.TokenRequestSpec", {
  audiences: list(1, "string", { doc: "", always: true, listType: "atomic" }),
  expirationSeconds: int64(4, { doc: "", default: 3600, pointer: true }),
  boundObjectRef: message(3, BoundObjectReference, { doc: "" }),
})
export type TokenRequestSpec = TypeOf<typeof TokenRequestSpec>

export const TokenRequestStatus = struct("io.k8s.api.authentication.v1.TokenRequestStatus", {
  token: string(1, { doc: "", always: true }),
  expirationTimestamp: time(2, { doc: "" }),
})
export type TokenRequestStatus = TypeOf<typeof TokenRequestStatus>

const EXPIRATION_SECONDS_MIN = 600
const EXPIRATION_SECONDS_MAX = 2 ** 32

/** TODO(doc) */
export const TokenRequest = defineResource({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  plural: "tokenrequests",
  doc: "",
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
    spec: message(2, TokenRequestSpec, { doc: "", always: true }),
    status: message(3, TokenRequestStatus, { doc: "", always: true }),
  },
})
export type TokenRequest = ObjectOf<typeof TokenRequest>
