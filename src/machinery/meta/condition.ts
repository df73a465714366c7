import { int64, string, struct, time } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const Condition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Condition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  observedGeneration: int64(3, { doc: "" }),
  lastTransitionTime: time(4, { doc: "", required: true }),
  reason: string(5, { doc: "", required: true }),
  message: string(6, { doc: "", required: true }),
})
export type Condition = TypeOf<typeof Condition>
