import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import type { CSIDriverSpec } from "./csi-driver.ts"

interface DriverObject {
  readonly metadata: StoredMeta
  readonly spec: CSIDriverSpec
}

export const csiDriverColumns: readonly Column<DriverObject>[] = [
  {
    name: "AttachRequired",
    type: "boolean",
    doc: "Whether volumes must be attached before they are mounted.",
    value: ({ spec }) => spec.attachRequired,
  },
  {
    name: "PodInfoOnMount",
    type: "boolean",
    doc: "Whether the driver is told which pod a volume is for.",
    value: ({ spec }) => spec.podInfoOnMount,
  },
  {
    name: "StorageCapacity",
    type: "boolean",
    doc: "Whether the scheduler looks at how much storage is left.",
    value: ({ spec }) => spec.storageCapacity,
  },
  {
    name: "TokenRequests",
    type: "string",
    doc: "For whom the tokens are that the driver gets.",
    value: ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(",") ?? "<unset>",
  },
  {
    name: "RequiresRepublish",
    type: "boolean",
    doc: "Whether the driver is called again from time to time.",
    value: ({ spec }) => spec.requiresRepublish,
  },
  {
    name: "Modes",
    type: "string",
    doc: "Which kinds of volumes it has.",
    value: ({ spec }) => spec.volumeLifecycleModes?.join(",") ?? "<none>",
  },
  age,
]
