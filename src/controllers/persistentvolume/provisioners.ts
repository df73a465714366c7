/**
 * Who makes and removes volumes. Names below `kubernetes.io/` were once part of Kubernetes; most of them stand for CSI
 * drivers today, and what is left of the others makes nothing.
 */

const DRIVERS = new Map([
  ["kubernetes.io/aws-ebs", "ebs.csi.aws.com"],
  ["kubernetes.io/azure-disk", "disk.csi.azure.com"],
  ["kubernetes.io/azure-file", "file.csi.azure.com"],
  ["kubernetes.io/gce-pd", "pd.csi.storage.gke.io"],
  ["kubernetes.io/cinder", "cinder.csi.openstack.org"],
  ["kubernetes.io/portworx-volume", "pxd.portworx.com"],
  ["kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"],
])
const HOST_PATH = "kubernetes.io/host-path"
/** They make no volumes, but Kubernetes has them. */
const WITHOUT_PROVISIONING = new Set(["kubernetes.io/nfs", "kubernetes.io/fc", "kubernetes.io/iscsi"])

/** The CSI driver that has taken over a provisioner. */
export const driverInsteadOf = (provisioner: string): string | undefined => DRIVERS.get(provisioner)

/** Who provisions for a class, or why nobody does. */
export type Provisioning = { readonly external: string } | { readonly refusal: string }

export function provisioningBy(provisioner: string): Provisioning {
  const driver = DRIVERS.get(provisioner)
  if (driver !== undefined) return { external: driver }
  if (!provisioner.startsWith("kubernetes.io/")) return { external: provisioner }
  if (provisioner === HOST_PATH) {
    return { refusal: `Failed to create provisioner: provisioning in volume plugin "${HOST_PATH}" is disabled` }
  }
  if (WITHOUT_PROVISIONING.has(provisioner)) return { refusal: "no provisionable volume plugin matched" }
  return { refusal: `no volume plugin matched name: ${provisioner}` }
}

/** Why nothing but a person can remove a volume that no external provisioner has made. */
export function noDeleterFor(source: { readonly hostPath?: unknown; readonly nfs?: unknown }): string {
  const known = source.hostPath !== undefined || source.nfs !== undefined
  return known ? "no deletable volume plugin matched" : "no volume plugin matched"
}
