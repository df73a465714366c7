import { bool, map } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import { validateConfigMap, validateImmutability } from "./validation/config-data.ts"

/** TODO(doc) */
export const ConfigMap = defineResource({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  doc: "",
  definition: "io.k8s.api.core.v1.ConfigMap",
  columns: [
    {
      name: "Data",
      type: "string",
      doc: "How many entries it has.",
      value: ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    },
    age,
  ],
  strategy: { unconditionalUpdate: true, validate: validateConfigMap, validateUpdate: validateImmutability },
  fields: {
    immutable: bool(4, { doc: "", pointer: true }),
    data: map(2, "string", { doc: "" }),
    binaryData: map(3, "bytes", { doc: "" }),
  },
})
export type ConfigMap = ObjectOf<typeof ConfigMap>
