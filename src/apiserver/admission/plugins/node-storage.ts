import { claimedVolume } from "../../../api/core/v1/claimed-volumes.ts"
import { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import type { Volume } from "../../../api/core/v1/volume.ts"
import { CSIDriver } from "../../../api/storage/v1/csi-driver.ts"
import { quote } from "../../../machinery/field/quote.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"

/** What a kubelet's identity may do for the volumes of its pods. */

/** A node says how far it is with growing a volume, and nothing else. */
export function checkClaim(request: AdmissionRequest, node: string): void {
  const { object, old, operation, subresource } = request
  if (subresource !== "status") throw refusal(request, "may only update PVC status")
  if (operation !== "UPDATE") throw refusal(request, `unexpected operation ${quote(operation)}`)
  const [now, before] = [object, old].map((each) => withoutGrowth(each as PersistentVolumeClaim | undefined))
  if (deepEqual(now, before)) return
  throw refusal(
    request,
    `node ${quote(node)} is not allowed to update fields other than status.quantity and status.conditions`,
  )
}

function withoutGrowth(claim: PersistentVolumeClaim | undefined): unknown {
  if (claim === undefined) return undefined
  const { managedFields: _, resourceVersion: __, ...metadata } = claim.metadata
  const {
    allocatedResourceStatuses: _a,
    allocatedResources: _b,
    capacity: _c,
    conditions: _d,
    ...status
  } = claim.status
  return { ...claim, metadata, status }
}

export function checkCsiNode(request: AdmissionRequest, node: string): void {
  const name = request.operation === "CREATE" ? request.object?.metadata.name : request.name
  if (name === node) return
  throw refusal(request, "can only access CSINode with the same name as the requesting node")
}

/** Whether the driver of one of the pod's volumes wants tokens for the audience. */
export function driversWant(pod: Pod, audience: string, reader: ObjectReader): boolean {
  return (pod.spec.volumes ?? []).some((volume) => {
    const name = driverOf(pod, volume, reader)
    const driver = name === undefined ? undefined : reader.get(CSIDriver, "", name)
    return driver?.spec.tokenRequests?.some((each) => each.audience === audience) ?? false
  })
}

function driverOf(pod: Pod, volume: Volume, reader: ObjectReader): string | undefined {
  if (volume.csi !== undefined) return volume.csi.driver
  const claimName = claimedVolume(pod, volume)?.claimName
  if (claimName === undefined) return undefined
  const { volumeName } = reader.get(PersistentVolumeClaim, pod.metadata.namespace, claimName)?.spec ?? {}
  return volumeName ? reader.get(PersistentVolume, "", volumeName)?.spec.csi?.driver : undefined
}
