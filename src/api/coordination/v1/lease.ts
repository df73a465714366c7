import { int32, message, microTime, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"

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

/** Coordinated leader election is not offered, so its fields are not stored. */
function dropCoordination(spec: Draft<LeaseSpec>, old: LeaseSpec): void {
  if (old.strategy === undefined) delete spec.strategy
  if (old.preferredHolder === undefined) delete spec.preferredHolder
}

/** TODO(doc) */
export const Lease = defineResource({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  doc: "",
  definition: "io.k8s.api.coordination.v1.Lease",
  columns: [
    { name: "Holder", type: "string", doc: "Who holds the lease.", value: ({ spec }) => spec.holderIdentity ?? "" },
    age,
  ],
  strategy: {
    createOnUpdate: true,
    prepareCreate: ({ spec }) => dropCoordination(spec, {}),
    prepareUpdate: ({ spec }, old) => dropCoordination(spec, old.spec),
  },
  fields: {
    spec: message(2, LeaseSpec, { doc: "", always: true }),
  },
})
export type Lease = ObjectOf<typeof Lease>
