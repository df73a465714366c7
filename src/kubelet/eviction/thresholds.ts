/**
 * What the node must have left. A pure description: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
 */
import { parseQuantity, quantityValue } from "../../machinery/quantity/quantity.ts"

/** Named as in Kubernetes' `evictionHard`. */
export type Signal =
  | "memory.available"
  | "nodefs.available"
  | "nodefs.inodesFree"
  | "imagefs.available"
  | "imagefs.inodesFree"
  | "pid.available"

/** A quantity (`100Mi`) or a share of the capacity (`10%`) by signal. Signals that are missing are not watched. */
export type Thresholds = Readonly<Partial<Record<Signal, string>>>

/** As the kubelet's `evictionHard`. */
export const defaultThresholds: Thresholds = {
  "memory.available": "100Mi",
  "nodefs.available": "10%",
  "nodefs.inodesFree": "5%",
  "imagefs.available": "15%",
  "imagefs.inodesFree": "5%",
}

export type PressureCondition = "MemoryPressure" | "DiskPressure" | "PIDPressure"
export type StarvedResource = "memory" | "ephemeral-storage" | "inodes" | "pids"

interface Meaning {
  readonly condition: PressureCondition
  readonly resource: StarvedResource
}

export const meanings: Readonly<Record<Signal, Meaning>> = {
  "memory.available": { condition: "MemoryPressure", resource: "memory" },
  "nodefs.available": { condition: "DiskPressure", resource: "ephemeral-storage" },
  "nodefs.inodesFree": { condition: "DiskPressure", resource: "inodes" },
  "imagefs.available": { condition: "DiskPressure", resource: "ephemeral-storage" },
  "imagefs.inodesFree": { condition: "DiskPressure", resource: "inodes" },
  "pid.available": { condition: "PIDPressure", resource: "pids" },
}

/** In bytes, or pieces. */
export interface Observation {
  readonly available: number
  readonly capacity: number
}
export type Observations = ReadonlyMap<Signal, Observation>

/** Memory comes first, because without it nothing else can be done. */
export const signals: readonly Signal[] = [
  "memory.available",
  "nodefs.available",
  "nodefs.inodesFree",
  "imagefs.available",
  "imagefs.inodesFree",
  "pid.available",
]

/** The threshold in the unit of the signal. */
export function amountOf(threshold: string, capacity: number): number {
  if (!threshold.endsWith("%")) return quantityValue(parseQuantity(threshold))
  // Kubernetes keeps the share in single precision, which shows in the amounts that it prints.
  return Math.floor(capacity * Math.fround(Number(threshold.slice(0, -1)) / 100))
}

export function isSignal(text: string): text is Signal {
  return Object.hasOwn(meanings, text)
}
