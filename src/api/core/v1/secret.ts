import { bool, map, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age } from "../../columns.ts"

const { validateSecret, validateSecretUpdate } = onFirstCall<typeof import("./validation/config-data.ts")>(
  "./validation/config-data.ts",
  import.meta.url,
)

/**
 * Passwords, keys and other small secrets that pods read as files or environment variables.
 * https://kubernetes.io/docs/concepts/configuration/secret/
 */
export const Secret = defineResource({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  doc: "Passwords, keys and other small secrets that pods read as files or environment variables. At most 1 MiB.",
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
    immutable: bool(5, {
      doc: "Once true, neither the data nor this member can be changed; nodes then need not watch it. Default false.",
      pointer: true,
    }),
    data: map(2, "bytes", {
      doc: "The entries, their values in base64. Keys consist of letters, digits, dashes, underscores and dots.",
    }),
    stringData: map(4, "string", {
      doc: "Entries in plain text, for writing only: they are merged into data, where they win, and are never shown.",
    }),
    type: string(3, {
      doc: "What kind of secret it is, such as kubernetes.io/tls; some kinds must have certain keys. Default Opaque: anything. It cannot be changed.",
      default: "Opaque",
    }),
  },
})
export type Secret = ObjectOf<typeof Secret>
