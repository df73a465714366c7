import { messageOf } from "../../machinery/status/message-of.ts"
import { writeAtomically } from "../../platform/linux/files.ts"
import type { Platform } from "../../platform/platform.ts"
import { fnv32a, goMap, readStateFile } from "../resources/state-file.ts"

/** In the folder of the plugins' sockets, where monitoring looks for it as well. */
export const CHECKPOINT = "kubelet_internal_checkpoint"

/** What of one resource a container has. */
export interface CheckpointEntry {
  readonly PodUID: string
  readonly ContainerName: string
  readonly ResourceName: string
  /** By NUMA node; -1 for devices that are near none. */
  readonly DeviceIDs: Readonly<Record<string, readonly string[]>>
  /** What the plugin answered, as a `ContainerAllocateResponse` in protobuf and base64. */
  readonly AllocResp: string | null
}

export interface CheckpointData {
  readonly PodDeviceEntries: readonly CheckpointEntry[] | null
  /** The healthy devices by resource. */
  readonly RegisteredDevices: Readonly<Record<string, readonly string[] | null>>
}

/** Undefined when there is none, or none that can be trusted. */
export function readCheckpoint(path: string, log: Platform["log"]): CheckpointData | undefined {
  try {
    const found = readStateFile(path) as { readonly Data: CheckpointData; readonly Checksum: number } | undefined
    if (found === undefined || checksum(found.Data) === found.Checksum) return found?.Data
    log.error("the note of devices that pods have is damaged: they count as free", { path })
  } catch (error) {
    log.error("the note of devices that pods have cannot be read: they count as free", { path, error })
  }
  return undefined
}

/** Throws when it cannot be written. */
export function writeCheckpoint(path: string, data: CheckpointData): void {
  const text = JSON.stringify({ Data: data, Checksum: checksum(data) })
  try {
    writeAtomically(path, text)
  } catch (error) {
    const why = messageOf(error)
    throw new Error(`failed to write checkpoint file "${CHECKPOINT}": ${why}`, { cause: error })
  }
}

/** Of the data as Go's spew shows it, so that a stock kubelet takes our file and we take its. */
export function checksum({ PodDeviceEntries, RegisteredDevices }: CheckpointData): number {
  const entries = PodDeviceEntries === null ? "<nil>" : `[${PodDeviceEntries.map(shownEntry).join(" ")}]`
  const registered = Object.entries(RegisteredDevices).map(
    ([name, ids]) => [name, ids === null ? "<nil>" : `[${ids.join(" ")}]`] as const,
  )
  return fnv32a(
    `(checkpoint.checkpointData){PodDeviceEntries:([]checkpoint.PodDevicesEntry)${entries} ` +
      `RegisteredDevices:(map[string][]string)${goMap(registered)}}`,
  )
}

function shownEntry({ AllocResp, ContainerName, DeviceIDs, PodUID, ResourceName }: CheckpointEntry): string {
  const nodes = Object.entries(DeviceIDs).sort(([a], [b]) => Number(a) - Number(b))
  const ids = nodes.map(([node, devices]) => `${node}:[${devices.join(" ")}]`).join(" ")
  const bytes = AllocResp === null ? "<nil>" : `[${[...Buffer.from(AllocResp, "base64")].join(" ")}]`
  return (
    `{PodUID:(string)${PodUID} ContainerName:(string)${ContainerName} ResourceName:(string)${ResourceName} ` +
    `DeviceIDs:(checkpoint.DevicesPerNUMA)map[${ids}] AllocResp:([]uint8)${bytes}}`
  )
}
