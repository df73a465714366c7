import { int32, list, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"
import { ListMeta } from "./list-meta.ts"

export const StatusCause = struct("io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", {
  reason: string(1, { doc: "" }),
  message: string(2, { doc: "" }),
  field: string(3, { doc: "" }),
})
export type StatusCause = TypeOf<typeof StatusCause>

export const StatusDetails = struct("io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", {
  name: string(1, { doc: "" }),
  group: string(2, { doc: "" }),
  kind: string(3, { doc: "" }),
  uid: string(6, { doc: "" }),
  causes: list(4, StatusCause, { doc: "", listType: "atomic" }),
  retryAfterSeconds: int32(5, { doc: "" }),
})
export type StatusDetails = TypeOf<typeof StatusDetails>

export const Status = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Status", {
  metadata: message(1, ListMeta, { doc: "", always: true }),
  status: string(2, { doc: "" }),
  message: string(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  details: message(5, StatusDetails, { doc: "" }),
  code: int32(6, { doc: "" }),
})
export type Status = TypeOf<typeof Status>
