import { bool, int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const TokenRequest = struct("io.k8s.api.storage.v1.TokenRequest", {
  audience: string(1, { doc: "", required: true }),
  expirationSeconds: int64(2, { doc: "", pointer: true }),
})
export type TokenRequest = TypeOf<typeof TokenRequest>

export const CSIDriverSpec = struct("io.k8s.api.storage.v1.CSIDriverSpec", {
  attachRequired: bool(1, { doc: "", pointer: true }),
  podInfoOnMount: bool(2, { doc: "", pointer: true }),
  volumeLifecycleModes: list(3, "string", { doc: "", listType: "set" }),
  storageCapacity: bool(4, { doc: "", pointer: true }),
  fsGroupPolicy: string(5, { doc: "", pointer: true }),
  tokenRequests: list(6, TokenRequest, { doc: "", listType: "atomic" }),
  requiresRepublish: bool(7, { doc: "", pointer: true }),
  seLinuxMount: bool(8, { doc: "", pointer: true }),
  nodeAllocatableUpdatePeriodSeconds: int64(9, { doc: "", pointer: true }),
  serviceAccountTokenInSecrets: bool(10, { doc: "", pointer: true }),
  preventPodSchedulingIfMissing: bool(11, { doc: "", pointer: true }),
})
export type CSIDriverSpec = TypeOf<typeof CSIDriverSpec>

/** TODO(doc) */
export const CSIDriver = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.storage.v1.CSIDriver",
  fields: {
    spec: message(2, CSIDriverSpec, { doc: "", required: true }),
  },
})
export type CSIDriver = ObjectOf<typeof CSIDriver>
