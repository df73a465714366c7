import { rawExtension, string, struct } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const WatchEvent = struct("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent", {
  type: string(1, { doc: "", required: true }),
  object: rawExtension(2, { doc: "", required: true }),
})
export type WatchEvent = TypeOf<typeof WatchEvent>
