import { statSync } from "node:fs"
import { readDisk, readLoad } from "../node/machine.ts"
import type { Observation, Observations, Signal } from "./thresholds.ts"

/** Reads what the node has left. Cheap enough for every few seconds: three small files and two system calls. */
export function observeMachine(folders: {
  readonly dataDir: string
  /** Where images are kept. */
  readonly imagesDir: string
  readonly memoryBytes: number
}): Observations {
  const { memoryAvailableBytes, pids, pidsMax } = readLoad()
  const memory: Observation = { available: memoryAvailableBytes, capacity: folders.memoryBytes }
  return new Map<Signal, Observation>([
    ["memory.available", memory],
    ...disk("nodefs", folders.dataDir),
    ...disk("imagefs", folders.imagesDir),
    ["pid.available", { available: pidsMax - pids, capacity: pidsMax }],
  ])
}

function disk(name: "nodefs" | "imagefs", folder: string): [Signal, Observation][] {
  const { availableBytes, capacityBytes, inodes, inodesFree } = readDisk(folder)
  return [
    [`${name}.available`, { available: availableBytes, capacity: capacityBytes }],
    [`${name}.inodesFree`, { available: inodesFree, capacity: inodes }],
  ]
}

/** Whether both folders are on one file system, so that removing from one makes room for the other. */
export function shareDisk(left: string, right: string): boolean {
  return statSync(left).dev === statSync(right).dev
}
