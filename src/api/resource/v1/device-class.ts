import { inline, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { DeviceConfiguration } from "./device-configuration.ts"
import { DeviceSelector } from "./device-selector.ts"

export const DeviceClassConfiguration = struct("io.k8s.api.resource.v1.DeviceClassConfiguration", {
  deviceConfiguration: inline(1, DeviceConfiguration),
})
export type DeviceClassConfiguration = TypeOf<typeof DeviceClassConfiguration>

export const DeviceClassSpec = struct("io.k8s.api.resource.v1.DeviceClassSpec", {
  selectors: list(1, DeviceSelector, { doc: "", listType: "atomic" }),
  config: list(2, DeviceClassConfiguration, { doc: "", listType: "atomic" }),
  extendedResourceName: string(4, { doc: "", pointer: true }),
})
export type DeviceClassSpec = TypeOf<typeof DeviceClassSpec>

/** TODO(doc) */
export const DeviceClass = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.resource.v1.DeviceClass",
  fields: {
    spec: message(2, DeviceClassSpec, { doc: "", required: true }),
  },
})
export type DeviceClass = ObjectOf<typeof DeviceClass>
