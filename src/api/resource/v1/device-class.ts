import { inline, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { DeviceConfiguration } from "./device-configuration.ts"
import { DeviceSelector } from "./device-selector.ts"
import { validateDeviceClass } from "./validation/device-class.ts"

export const DeviceClassConfiguration = struct(
  "io.k8s.api.resource.v1.DeviceClassConfiguration",
  {
    deviceConfiguration: inline(1, DeviceConfiguration),
  },
  { doc: "Settings for all devices of a class." },
)
export type DeviceClassConfiguration = TypeOf<typeof DeviceClassConfiguration>

export const DeviceClassSpec = struct(
  "io.k8s.api.resource.v1.DeviceClassSpec",
  {
    selectors: list(1, DeviceSelector, {
      doc: "Conditions that each device must meet, all of them.",
      listType: "atomic",
    }),
    config: list(2, DeviceClassConfiguration, {
      doc: "Settings that are passed to the drivers before those of claims.",
      listType: "atomic",
    }),
    extendedResourceName: string(4, {
      doc: "A resource name under which pods can ask for devices of the class without a claim, such as example.com/gpu.",
      pointer: true,
    }),
  },
  { doc: "Which devices belong to a class, and how they are set up." },
)
export type DeviceClassSpec = TypeOf<typeof DeviceClassSpec>

/** With the name of a class behind it, this is an extended resource that devices of the class stand for. */
export const DEVICE_CLASS_RESOURCE = "deviceclass.resource.kubernetes.io/"

/**
 * A kind of device that claims can ask for.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export const DeviceClass = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  namespaced: false,
  doc: "A kind of device that claims can ask for.",
  definition: "io.k8s.api.resource.v1.DeviceClass",
  columns: [age],
  strategy: { generation: true, unconditionalUpdate: true, returnsDeleted: true, validate: validateDeviceClass },
  fields: {
    spec: message(2, DeviceClassSpec, {
      doc: "Which devices belong to the class, and how they are set up.",
      required: true,
    }),
  },
})
export type DeviceClass = ObjectOf<typeof DeviceClass>
