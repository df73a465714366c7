import { bool, map } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age } from "../../columns.ts"

const { validateConfigMap, validateImmutability } = onFirstCall<typeof import("./validation/config-data.ts")>(
  "./validation/config-data.ts",
  import.meta.url,
)

/**
 * Settings that pods read as files or environment variables.
 * https://kubernetes.io/docs/concepts/configuration/configmap/
 */
export const ConfigMap = defineResource({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  doc: "Settings that pods read as files or environment variables. At most 1 MiB; not for secrets.",
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
    immutable: bool(4, {
      doc: "Once true, neither the data nor this member can be changed; nodes then need not watch it. Default false.",
      pointer: true,
    }),
    data: map(2, "string", {
      doc: "Entries whose values are text. Keys consist of letters, digits, dashes, underscores and dots.",
    }),
    binaryData: map(3, "bytes", {
      doc: "Entries whose values are bytes, written in base64. No key may be in data as well.",
    }),
  },
})
export type ConfigMap = ObjectOf<typeof ConfigMap>
