import { invalid } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { int32, message, microTime, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { type Errors, notNegative } from "../../core/v1/validation/rules.ts"

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

function validateSpec({ leaseDurationSeconds, leaseTransitions }: LeaseSpec, path: FieldPath): Errors {
  const never = leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0
  return [
    ...(never ? [invalid(path.child("leaseDurationSeconds"), leaseDurationSeconds, "must be greater than 0")] : []),
    ...notNegative(leaseTransitions, path.child("leaseTransitions")),
  ]
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
    validate: ({ spec }) => validateSpec(spec, FieldPath.root("spec")),
    prepareCreate: ({ spec }) => dropCoordination(spec, {}),
    prepareUpdate: ({ spec }, old) => dropCoordination(spec, old.spec),
  },
  fields: {
    spec: message(2, LeaseSpec, { doc: "", always: true }),
  },
})
export type Lease = ObjectOf<typeof Lease>
