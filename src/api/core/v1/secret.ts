import { bool, map, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import { validateSecret, validateSecretUpdate } from "./validation/config-data.ts"

/** TODO(doc) */
export const Secret = defineResource({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  doc: "",
  definition: "io.k8s.api.core.v1.Secret",
  columns: [
    { name: "Type", type: "string", doc: "What the secret is for.", value: ({ type }) => type },
    {
      name: "Data",
      type: "string",
      doc: "How many entries it has.",
      value: ({ data = {} }) => Object.keys(data).length,
    },
    age,
  ],
  selectableFields: { type: ({ type }) => type },
  defaults: (secret) => {
    for (const [key, text] of Object.entries(secret.stringData ?? {})) {
      secret.data ??= Object.create(null) as Record<string, string>
      secret.data[key] = Buffer.from(text, "utf8").toString("base64")
    }
    // Only a way to write: what is read back has bytes.
    delete secret.stringData
  },
  strategy: { unconditionalUpdate: true, validate: validateSecret, validateUpdate: validateSecretUpdate },
  fields: {
    immutable: bool(5, { doc: "", pointer: true }),
    data: map(2, "bytes", { doc: "" }),
    stringData: map(4, "string", { doc: "" }),
    type: string(3, { doc: "", default: "Opaque" }),
  },
})
export type Secret = ObjectOf<typeof Secret>
