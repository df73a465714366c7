import { int64, rawExtension } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"

/** TODO(doc) */
export const ControllerRevision = defineResource({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  doc: "",
  definition: "io.k8s.api.apps.v1.ControllerRevision",
  strategy: { unconditionalUpdate: true },
  fields: {
    data: rawExtension(2, { doc: "" }),
    revision: int64(3, { doc: "", required: true }),
  },
})
export type ControllerRevision = ObjectOf<typeof ControllerRevision>
