import { int64, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const Toleration = struct(
  "io.k8s.api.core.v1.Toleration",
  {
    key: string(1, { doc: "The taint's key. Empty, together with the operator Exists: every taint." }),
    operator: string(2, { doc: "Equal (the default) also compares the value; Exists looks only at the key." }),
    value: string(3, { doc: "The taint's value; must be empty with Exists." }),
    effect: string(4, {
      doc: "The effect that is tolerated: NoSchedule, PreferNoSchedule or NoExecute. Empty: all of them.",
    }),
    tolerationSeconds: int64(5, {
      doc: "For how many seconds a running pod may stay after a NoExecute taint appears. Default: for ever; 0 or less: not at all.",
      pointer: true,
    }),
  },
  { doc: "A taint of nodes that a pod puts up with." },
)
export type Toleration = TypeOf<typeof Toleration>

export const Taint = struct(
  "io.k8s.api.core.v1.Taint",
  {
    key: string(1, { doc: "The key of the taint.", required: true }),
    value: string(2, { doc: "The value of the taint." }),
    effect: string(3, {
      doc: "NoSchedule keeps new pods away, PreferNoSchedule tries to, NoExecute also ends those that run.",
      required: true,
    }),
    timeAdded: time(4, { doc: "When the taint was set." }),
  },
  { doc: "A mark on a node that keeps away pods that do not tolerate it." },
)
export type Taint = TypeOf<typeof Taint>
