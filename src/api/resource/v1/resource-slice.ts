import { bool, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age } from "../../columns.ts"
import { NodeSelector } from "../../core/v1/node-selector.ts"
import { Counter, Device } from "./device.ts"
import { prepareSlice } from "./resource-strategy.ts"

const { resourceSliceWarnings, validateResourceSlice, validateResourceSliceUpdate } = onFirstCall<
  typeof import("./validation/resource-slice.ts")
>("./validation/resource-slice.ts", import.meta.url)

export const ResourcePool = struct(
  "io.k8s.api.resource.v1.ResourcePool",
  {
    name: string(1, { doc: "The name of the pool, often that of the node. It cannot be changed.", required: true }),
    generation: int64(2, {
      doc: "Grows with each change of the pool; slices with an older number are out of date.",
      required: true,
    }),
    resourceSliceCount: int64(3, {
      doc: "How many slices the pool has, so that others know when they have seen all.",
      required: true,
    }),
  },
  { doc: "The pool that a slice is part of." },
)
export type ResourcePool = TypeOf<typeof ResourcePool>

export const CounterSet = struct(
  "io.k8s.api.resource.v1.CounterSet",
  {
    name: string(1, { doc: "A DNS label, unique in the pool.", required: true }),
    counters: map(2, Counter, { doc: "The counters and how much of each there is.", required: true }),
  },
  { doc: "Counters that several devices share." },
)
export type CounterSet = TypeOf<typeof CounterSet>

export const ResourceSliceSpec = struct(
  "io.k8s.api.resource.v1.ResourceSliceSpec",
  {
    driver: string(1, { doc: "The driver of the devices. It cannot be changed.", required: true }),
    pool: message(2, ResourcePool, { doc: "The pool that the slice is part of.", required: true }),
    nodeName: string(3, { doc: "The node that has the devices. It cannot be changed.", pointer: true }),
    nodeSelector: message(4, NodeSelector, { doc: "The nodes that can reach the devices." }),
    allNodes: bool(5, { doc: "Whether every node can reach the devices.", pointer: true }),
    devices: list(6, Device, {
      doc: "The devices, at most 128. Not together with sharedCounters.",
      listType: "atomic",
    }),
    perDeviceNodeSelection: bool(7, { doc: "Whether each device says itself where it is.", pointer: true }),
    sharedCounters: list(8, CounterSet, {
      doc: "Counters that devices of the pool share, at most 8 sets. Not together with devices.",
      listType: "atomic",
    }),
  },
  { doc: "Devices of one driver, and where they are." },
)
export type ResourceSliceSpec = TypeOf<typeof ResourceSliceSpec>

/**
 * Some of the devices that a driver offers on a node or in a part of the cluster.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export const ResourceSlice = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  namespaced: false,
  doc: "Some of the devices that a driver offers on a node or in a part of the cluster. Written by drivers.",
  definition: "io.k8s.api.resource.v1.ResourceSlice",
  columns: [
    { name: "Node", type: "string", doc: "The node that has the devices.", value: ({ spec }) => spec.nodeName ?? "" },
    { name: "Driver", type: "string", doc: "The driver of the devices.", value: ({ spec }) => spec.driver },
    { name: "Pool", type: "string", doc: "The pool that it is part of.", value: ({ spec }) => spec.pool.name },
    age,
  ],
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.driver": ({ spec }) => spec.driver,
  },
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    returnsDeleted: true,
    prepareCreate: prepareSlice,
    prepareUpdate: (slice, _old, context) => prepareSlice(slice, context),
    validate: validateResourceSlice,
    validateUpdate: validateResourceSliceUpdate,
    warnings: resourceSliceWarnings,
  },
  fields: {
    spec: message(2, ResourceSliceSpec, { doc: "The devices, and where they are.", required: true }),
  },
})
export type ResourceSlice = ObjectOf<typeof ResourceSlice>
