import { int64, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const Toleration = struct("io.k8s.api.core.v1.Toleration", {
  key: string(1, { doc: "" }),
  operator: string(2, { doc: "" }),
  value: string(3, { doc: "" }),
  effect: string(4, { doc: "" }),
  tolerationSeconds: int64(5, { doc: "", pointer: true }),
})
export type Toleration = TypeOf<typeof Toleration>

export const Taint = struct("io.k8s.api.core.v1.Taint", {
  key: string(1, { doc: "", required: true }),
  value: string(2, { doc: "" }),
  effect: string(3, { doc: "", required: true }),
  timeAdded: time(4, { doc: "" }),
})
export type Taint = TypeOf<typeof Taint>
