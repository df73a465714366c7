import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ConfigMapNodeConfigSource = struct(
  "io.k8s.api.core.v1.ConfigMapNodeConfigSource",
  {
    namespace: string(1, { doc: "The namespace of the ConfigMap.", required: true }),
    name: string(2, { doc: "The name of the ConfigMap.", required: true }),
    uid: string(3, { doc: "The uid of the ConfigMap; only set in the status." }),
    resourceVersion: string(4, { doc: "The resource version of the ConfigMap; only set in the status." }),
    kubeletConfigKey: string(5, { doc: "The key whose value holds the settings.", required: true }),
  },
  { doc: "A ConfigMap with the settings of a kubelet. No longer used." },
)
export type ConfigMapNodeConfigSource = TypeOf<typeof ConfigMapNodeConfigSource>

export const NodeConfigSource = struct(
  "io.k8s.api.core.v1.NodeConfigSource",
  {
    configMap: message(2, ConfigMapNodeConfigSource, { doc: "The ConfigMap with the settings." }),
  },
  { doc: "Where a kubelet took its settings from. No longer used." },
)
export type NodeConfigSource = TypeOf<typeof NodeConfigSource>
