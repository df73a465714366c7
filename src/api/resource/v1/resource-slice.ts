import { bool, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector } from "../../core/v1/node-selector.ts"
import { Counter, Device } from "./device.ts"

export const ResourcePool = struct("io.k8s.api.resource.v1.ResourcePool", {
  name: string(1, { doc: "", required: true }),
  generation: int64(2, { doc: "", required: true }),
  resourceSliceCount: int64(3, { doc: "", required: true }),
})
export type ResourcePool = TypeOf<typeof ResourcePool>

export const CounterSet = struct("io.k8s.api.resource.v1.CounterSet", {
  name: string(1, { doc: "", required: true }),
  counters: map(2, Counter, { doc: "", required: true }),
})
export type CounterSet = TypeOf<typeof CounterSet>

export const ResourceSliceSpec = struct("io.k8s.api.resource.v1.ResourceSliceSpec", {
  driver: string(1, { doc: "", required: true }),
  pool: message(2, ResourcePool, { doc: "", required: true }),
  nodeName: string(3, { doc: "", pointer: true }),
  nodeSelector: message(4, NodeSelector, { doc: "" }),
  allNodes: bool(5, { doc: "", pointer: true }),
  devices: list(6, Device, { doc: "", listType: "atomic" }),
  perDeviceNodeSelection: bool(7, { doc: "", pointer: true }),
  sharedCounters: list(8, CounterSet, { doc: "", listType: "atomic" }),
})
export type ResourceSliceSpec = TypeOf<typeof ResourceSliceSpec>

/** TODO(doc) */
export const ResourceSlice = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.resource.v1.ResourceSlice",
  fields: {
    spec: message(2, ResourceSliceSpec, { doc: "", required: true }),
  },
})
export type ResourceSlice = ObjectOf<typeof ResourceSlice>
