import { int64, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const ShardInfo = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", {
  selector: string(1, { doc: "", required: true }),
})
export type ShardInfo = TypeOf<typeof ShardInfo>

export const ListMeta = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", {
  selfLink: string(1, { doc: "" }),
  resourceVersion: string(2, { doc: "" }),
  continue: string(3, { doc: "" }),
  remainingItemCount: int64(4, { doc: "", pointer: true }),
  shardInfo: message(5, ShardInfo, { doc: "" }),
})
export type ListMeta = TypeOf<typeof ListMeta>
