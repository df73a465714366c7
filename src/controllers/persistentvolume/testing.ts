import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { StorageClass } from "../../api/storage/v1/storage-class.ts"

/** Claims, volumes and classes in few words, for this folder's tests. */

interface Parts {
  readonly annotations?: Record<string, string>
  readonly spec?: object
  readonly status?: object
}

export const claim = ({ annotations, spec, status }: Parts = {}): PersistentVolumeClaim =>
  ({
    metadata: { namespace: "n", name: "c", uid: "c1", resourceVersion: "1", ...(annotations && { annotations }) },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
    status: { phase: "Pending", ...status },
  }) as unknown as PersistentVolumeClaim

export const volume = (name: string, { annotations, spec, status }: Parts = {}): PersistentVolume =>
  ({
    metadata: { name, uid: name, resourceVersion: "1", ...(annotations && { annotations }) },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      ...spec,
    },
    status: { phase: "Available", ...status },
  }) as unknown as PersistentVolume

export const storageClass = (provisioner: string, volumeBindingMode = "Immediate"): StorageClass =>
  ({ metadata: { name: "fast" }, provisioner, volumeBindingMode }) as unknown as StorageClass

/** The reference of a volume to `claim()`. */
export const toClaim = { namespace: "n", name: "c", uid: "c1" }
