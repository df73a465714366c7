import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"

interface SecretName {
  readonly namespace: string
  readonly name: string
}

/** The secrets that a kubelet needs to mount a volume; those of its controller are not among them. */
export function volumeSecrets({ spec }: PersistentVolume): SecretName[] {
  const claimed = spec.claimRef?.namespace ?? ""
  const { azureFile, csi } = spec
  // Sources of before have theirs in the namespace of the claim unless they say otherwise.
  const before = [spec.cephfs, spec.flexVolume, spec.rbd, spec.scaleIO, spec.iscsi].map((source) => source?.secretRef)
  const exact = [spec.cinder?.secretRef, spec.storageos?.secretRef]
  const ofDriver = [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef]
  return [
    { namespace: azureFile?.secretNamespace || claimed, name: azureFile?.secretName ?? "" },
    ...before.map((ref) => ({ namespace: ref?.namespace || claimed, name: ref?.name ?? "" })),
    ...[...exact, ...ofDriver].map((ref) => ({ namespace: ref?.namespace ?? "", name: ref?.name ?? "" })),
  ].filter(({ name }) => name !== "")
}
