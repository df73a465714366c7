import { invalid } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { int32, message, microTime, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { type Errors, notNegative } from "../../core/v1/validation/rules.ts"

export const LeaseSpec = struct(
  "io.k8s.api.coordination.v1.LeaseSpec",
  {
    holderIdentity: string(1, { doc: "Who holds the lease; empty when nobody does.", pointer: true }),
    leaseDurationSeconds: int32(2, {
      doc: "How many seconds after renewTime others may take the lease.",
      pointer: true,
    }),
    acquireTime: microTime(3, { doc: "When the holder took the lease." }),
    renewTime: microTime(4, { doc: "When the holder last said that it is still there." }),
    leaseTransitions: int32(5, { doc: "How often the lease has changed hands.", pointer: true }),
    strategy: string(6, {
      doc: "How the next holder is chosen, such as OldestEmulationVersion. Default: whoever comes first.",
      pointer: true,
    }),
    preferredHolder: string(7, {
      doc: "Who should have the lease instead; the holder gives it up. Needs strategy.",
      pointer: true,
    }),
  },
  { doc: "Who holds a lease, and since when." },
)
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

/**
 * A claim that must be renewed in time: a node's sign of life, or the leadership among several instances of a program.
 * https://kubernetes.io/docs/concepts/architecture/leases/
 */
export const Lease = defineResource({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  doc: "A claim that must be renewed in time: a node's sign of life, or the leadership among several instances of a program.",
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
    spec: message(2, LeaseSpec, { doc: "Who holds the lease, and since when.", always: true }),
  },
})
export type Lease = ObjectOf<typeof Lease>
