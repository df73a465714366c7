import { map, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import { validateAttributesClass, validateAttributesClassUpdate } from "./validation/classes.ts"

/**
 * Settings of volumes, such as speed, that can be changed while they are in use.
 * https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/
 */
export const VolumeAttributesClass = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  shortNames: ["vac"],
  namespaced: false,
  doc: "Settings of volumes, such as speed, that can be changed while they are in use.",
  definition: "io.k8s.api.storage.v1.VolumeAttributesClass",
  columns: [
    {
      name: "DriverName",
      type: "string",
      doc: "The driver that the settings are for.",
      value: ({ driverName }) => driverName,
    },
    age,
  ],
  strategy: {
    unconditionalUpdate: true,
    returnsDeleted: true,
    validate: validateAttributesClass,
    validateUpdate: validateAttributesClassUpdate,
  },
  fields: {
    driverName: string(2, { doc: "The driver that the settings are for. It cannot be changed.", required: true }),
    parameters: map(3, "string", { doc: "Settings that only the driver understands. They cannot be changed." }),
  },
})
export type VolumeAttributesClass = ObjectOf<typeof VolumeAttributesClass>
