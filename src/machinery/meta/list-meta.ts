import { int64, message, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const ShardInfo = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo",
  {
    selector: string(1, { doc: "Which objects the shard holds.", required: true }),
  },
  { doc: "Which part of a collection a list shows." },
)
export type ShardInfo = TypeOf<typeof ShardInfo>

export const ListMeta = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
  {
    selfLink: string(1, { doc: "Not filled in any more." }),
    resourceVersion: string(2, { doc: "The store's revision that the list shows; a watch can begin there." }),
    continue: string(3, { doc: "Where the next page begins; empty on the last one." }),
    remainingItemCount: int64(4, { doc: "How many objects come after this page, where that is known.", pointer: true }),
    shardInfo: message(5, ShardInfo, { doc: "Which shard the list is of." }),
  },
  { doc: "Metadata that every list has." },
)
export type ListMeta = TypeOf<typeof ListMeta>
