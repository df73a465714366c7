import { int32, message, microTime, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const LeaseSpec = struct("io.k8s.api.coordination.v1.LeaseSpec", {
  holderIdentity: string(1, { doc: "", pointer: true }),
  leaseDurationSeconds: int32(2, { doc: "", pointer: true }),
  acquireTime: microTime(3, { doc: "" }),
  renewTime: microTime(4, { doc: "" }),
  leaseTransitions: int32(5, { doc: "", pointer: true }),
  strategy: string(6, { doc: "", pointer: true }),
  preferredHolder: string(7, { doc: "", pointer: true }),
})
export type LeaseSpec = TypeOf<typeof LeaseSpec>

/** TODO(doc) */
export const Lease = defineResource({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  doc: "",
  definition: "io.k8s.api.coordination.v1.Lease",
  fields: {
    spec: message(2, LeaseSpec, { doc: "", always: true }),
  },
})
export type Lease = ObjectOf<typeof Lease>
