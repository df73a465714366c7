import { join } from "node:path"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Client } from "../../client/client.ts"
import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import { compareQuantities, parseQuantity, quantityValue } from "../../machinery/quantity/quantity.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import type { MountedVolume, ResolvedVolume } from "../volumes/plugins/plugin.ts"
import { deviceFolders, stagePath } from "./csi-folders.ts"
import { type CsiSource, volumeCapability } from "./csi-source.ts"
import { CSI_TIMEOUT_MS, type Driver } from "./drivers.ts"
import { type Mounting, registeredDriver } from "./mounting.ts"

/** What claims say of a growing volume; each is written by the node or its controller. */
const RESIZE_CONDITIONS: ReadonlySet<string> = new Set([
  "FileSystemResizePending",
  "Resizing",
  "ControllerResizeError",
  "NodeResizeError",
])

interface Growth {
  /** Canonical quantity. */
  readonly newSize: string
  /** The controller has written where it stands. */
  readonly isTracked: boolean
}

/**
 * Whether a mounted volume is to grow: its controller has made it larger than its claim says. A pure decision.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
 */
export function growth({ claim, persistent }: ResolvedVolume): Growth | undefined {
  const capacity = persistent?.spec.capacity?.["storage"]
  const present = claim?.status.capacity?.["storage"]
  if (claim === undefined || capacity === undefined || present === undefined) return undefined
  if (compareQuantities(parseQuantity(present), parseQuantity(capacity)) >= 0) return undefined
  const allocated = claim.status.allocatedResources?.["storage"]
  if (allocated === undefined) return { newSize: capacity, isTracked: false }
  const state = claim.status.allocatedResourceStatuses?.["storage"]
  const isDue = state === "NodeResizePending" || state === "NodeResizeInProgress"
  return isDue ? { newSize: allocated, isTracked: true } : undefined
}

/** Lets the driver grow the volume on the node and tells the claim. Rejects with Kubernetes' message. */
export async function expandVolume(
  mounting: Mounting & { readonly client: Client; readonly platform: Pick<Platform, "clock"> },
  volume: ResolvedVolume,
  source: CsiSource,
  mounted: Pick<MountedVolume, "block" | "hostPath">,
): Promise<void> {
  const { events } = mounting
  const { claim, pod, readOnly, specName } = volume
  const due = growth(volume)
  if (due === undefined || claim === undefined) return
  const say = (type: "Normal" | "Warning", reason: string, message: string) => {
    for (const object of [pod, claim]) events.record(object, type, reason, message)
  }
  if (readOnly) {
    const message = `MountVolume.NodeExpandVolume failed for volume "${specName}" requested read-only file system`
    return say("Warning", "FileSystemResizeFailed", message)
  }
  const driver = registeredDriver(mounting, source.driver, "Expander.NodeExpand failed")
  if (!(await driver.can("expand"))) {
    throw new Error(`NodeExpand is not supported by the CSI driver ${source.driver}`)
  }
  const write = (status: object) => patchClaim(mounting.client, claim, status)
  if (due.isTracked) await write({ allocatedResourceStatuses: { storage: "NodeResizeInProgress" } })
  try {
    await callDriver(mounting, driver, source, { ...mounted, podUid: pod.metadata.uid, specName, newSize: due.newSize })
  } catch (error) {
    const text = messageOf(error)
    const isInfeasible = hasGrpcCode(error, "InvalidArgument", "OutOfRange", "NotFound")
    const message = `failed to expand pvc with Expander.NodeExpand failed to expand the volume ${isInfeasible ? "" : ": "}${text}`
    const lastTransitionTime = new Date(mounting.platform.clock.nowMs()).toISOString().replace(/\.\d+Z$/, "Z")
    const conditions = [{ type: "NodeResizeError", status: "True", lastTransitionTime, message }]
    await write({
      conditions,
      ...(isInfeasible && { allocatedResourceStatuses: { storage: "NodeResizeInfeasible" } }),
    })
    // The driver cannot do it while the volume is used: it is mounted as it is.
    if (hasGrpcCode(error, "FailedPrecondition")) return
    throw new Error(`Expander.NodeExpand failed to expand the volume : ${text}`, { cause: error })
  }
  say(
    "Normal",
    "FileSystemResizeSuccessful",
    `MountVolume.NodeExpandVolume succeeded for volume "${specName}" ${mounting.nodeName}`,
  )
  const gone = (claim.status.conditions ?? []).filter(({ type }) => RESIZE_CONDITIONS.has(type))
  await write({
    capacity: { storage: due.newSize },
    allocatedResourceStatuses: { storage: null },
    conditions: gone.map(({ type }) => ({ type, $patch: "delete" })),
  })
}

interface Expansion {
  readonly block: boolean
  readonly hostPath: string
  readonly podUid: string
  readonly specName: string
  readonly newSize: string
}

async function callDriver(
  { dataDir, objects }: Mounting,
  driver: Driver,
  source: CsiSource,
  { block, hostPath, newSize, podUid, specName }: Expansion,
): Promise<void> {
  const device = deviceFolders(dataDir, specName)
  const staged = block ? device.stage : stagePath(dataDir, source.driver, source.handle)
  // What the driver made, and not our link to it.
  const published = block ? join(device.publish, podUid) : hostPath
  const isStaged = await driver.can("stageUnstage")
  await driver.node.NodeExpandVolume(
    {
      volumeId: source.handle,
      volumePath: driver.toDriver(published),
      capacityRange: { requiredBytes: quantityValue(parseQuantity(newSize)) },
      stagingTargetPath: isStaged ? driver.toDriver(staged) : "",
      volumeCapability: await volumeCapability(driver, source, { block }),
      secrets: await objects.secret(source.expandSecret),
    },
    { timeoutMs: CSI_TIMEOUT_MS },
  )
}

async function patchClaim(client: Client, { metadata }: PersistentVolumeClaim, status: object): Promise<void> {
  const { name, namespace } = metadata
  const options = { type: "strategic", subresource: "status" } as const
  await client.of(PersistentVolumeClaim).patch({ namespace, name }, { status }, options)
}
