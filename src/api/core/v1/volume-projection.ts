import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { bool, inline, int32, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { KeyToPath, LocalObjectReference, ObjectFieldSelector, ResourceFieldSelector } from "./references.ts"

export const DownwardAPIVolumeFile = struct("io.k8s.api.core.v1.DownwardAPIVolumeFile", {
  path: string(1, { doc: "", required: true }),
  fieldRef: message(2, ObjectFieldSelector, { doc: "" }),
  resourceFieldRef: message(3, ResourceFieldSelector, { doc: "" }),
  mode: int32(4, { doc: "", pointer: true }),
})
export type DownwardAPIVolumeFile = TypeOf<typeof DownwardAPIVolumeFile>

export const SecretProjection = struct("io.k8s.api.core.v1.SecretProjection", {
  localObjectReference: inline(1, LocalObjectReference),
  items: list(2, KeyToPath, { doc: "", listType: "atomic" }),
  optional: bool(4, { doc: "", pointer: true }),
})
export type SecretProjection = TypeOf<typeof SecretProjection>

export const DownwardAPIProjection = struct("io.k8s.api.core.v1.DownwardAPIProjection", {
  items: list(1, DownwardAPIVolumeFile, { doc: "", listType: "atomic" }),
})
export type DownwardAPIProjection = TypeOf<typeof DownwardAPIProjection>

export const ConfigMapProjection = struct("io.k8s.api.core.v1.ConfigMapProjection", {
  localObjectReference: inline(1, LocalObjectReference),
  items: list(2, KeyToPath, { doc: "", listType: "atomic" }),
  optional: bool(4, { doc: "", pointer: true }),
})
export type ConfigMapProjection = TypeOf<typeof ConfigMapProjection>

export const ServiceAccountTokenProjection = struct("io.k8s.api.core.v1.ServiceAccountTokenProjection", {
  audience: string(1, { doc: "" }),
  expirationSeconds: int64(2, { doc: "", default: 3600, pointer: true }),
  path: string(3, { doc: "", required: true }),
})
export type ServiceAccountTokenProjection = TypeOf<typeof ServiceAccountTokenProjection>

export const ClusterTrustBundleProjection = struct("io.k8s.api.core.v1.ClusterTrustBundleProjection", {
  name: string(1, { doc: "", pointer: true }),
  signerName: string(2, { doc: "", pointer: true }),
  labelSelector: message(3, LabelSelector, { doc: "" }),
  optional: bool(5, { doc: "", pointer: true }),
  path: string(4, { doc: "", required: true }),
})
export type ClusterTrustBundleProjection = TypeOf<typeof ClusterTrustBundleProjection>

export const PodCertificateProjection = struct("io.k8s.api.core.v1.PodCertificateProjection", {
  signerName: string(1, { doc: "", required: true }),
  keyType: string(2, { doc: "", required: true }),
  maxExpirationSeconds: int32(3, { doc: "", pointer: true }),
  credentialBundlePath: string(4, { doc: "" }),
  keyPath: string(5, { doc: "" }),
  certificateChainPath: string(6, { doc: "" }),
  userAnnotations: map(7, "string", { doc: "" }),
})
export type PodCertificateProjection = TypeOf<typeof PodCertificateProjection>

export const VolumeProjection = struct("io.k8s.api.core.v1.VolumeProjection", {
  secret: message(1, SecretProjection, { doc: "" }),
  downwardAPI: message(2, DownwardAPIProjection, { doc: "" }),
  configMap: message(3, ConfigMapProjection, { doc: "" }),
  serviceAccountToken: message(4, ServiceAccountTokenProjection, { doc: "" }),
  clusterTrustBundle: message(5, ClusterTrustBundleProjection, { doc: "" }),
  podCertificate: message(6, PodCertificateProjection, { doc: "" }),
})
export type VolumeProjection = TypeOf<typeof VolumeProjection>

export const ProjectedVolumeSource = struct("io.k8s.api.core.v1.ProjectedVolumeSource", {
  sources: list(1, VolumeProjection, { doc: "", always: true, listType: "atomic" }),
  defaultMode: int32(2, { doc: "", default: 0o644, pointer: true }),
})
export type ProjectedVolumeSource = TypeOf<typeof ProjectedVolumeSource>
