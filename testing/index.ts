/** Kubernetes clusters inside a test process. See `README.md` beside this file. */

export type { Client } from "../src/client/client.ts"
export { type Change, keyOf, splitKey } from "../src/client/informer.ts"
export {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  ownerKey,
} from "../src/controllers/define-controller.ts"
export { defineResource } from "../src/machinery/schema/resource.ts"
export * from "../src/machinery/status/predicates.ts"
export { type CustomManifest, type CustomObject, customResource } from "./custom-resource.ts"
export type { Duration } from "./duration.ts"
export type { Fault, Faults, Occurrence, RequestMatch } from "./faults.ts"
export type { HistoryEntry } from "./history.ts"
export type { Use } from "./nodes/container-usage.ts"
export type { FakeNodeOptions } from "./nodes/fake-node.ts"
export type { ContainerMatch, Exit, Stages } from "./nodes/stages.ts"
export { startCluster } from "./start-cluster.ts"
export type {
  PodRef,
  TestClock,
  TestCluster,
  TestClusterOptions,
  TestNodes,
  TestPods,
  TestUser,
} from "./test-cluster.ts"
