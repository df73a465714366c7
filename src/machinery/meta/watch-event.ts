import { rawExtension, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const WatchEvent = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
  {
    type: string(1, { doc: "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.", required: true }),
    object: rawExtension(2, {
      doc: "The object after the change; before it when DELETED; a Status when ERROR.",
      required: true,
    }),
  },
  { doc: "One change of a watched object." },
)
export type WatchEvent = TypeOf<typeof WatchEvent>
