import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { bool, inline, int32, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { KeyToPath, LocalObjectReference, ObjectFieldSelector, ResourceFieldSelector } from "./references.ts"

export const DownwardAPIVolumeFile = struct(
  "io.k8s.api.core.v1.DownwardAPIVolumeFile",
  {
    path: string(1, { doc: "The path of the file, relative to the mount and without .. parts.", required: true }),
    fieldRef: message(2, ObjectFieldSelector, {
      doc: "A field of the pod: its name, namespace, uid, labels or annotations.",
    }),
    resourceFieldRef: message(3, ResourceFieldSelector, {
      doc: "A request or limit of a container, whose name must be given.",
    }),
    mode: int32(4, { doc: "The permission bits of this file. Default: the volume's defaultMode.", pointer: true }),
  },
  { doc: "A file that tells something about the pod." },
)
export type DownwardAPIVolumeFile = TypeOf<typeof DownwardAPIVolumeFile>

export const SecretProjection = struct(
  "io.k8s.api.core.v1.SecretProjection",
  {
    localObjectReference: inline(1, LocalObjectReference),
    items: list(2, KeyToPath, {
      doc: "Which entries appear, and under which paths. Default: all, each under its key.",
      listType: "atomic",
    }),
    optional: bool(4, {
      doc: "Whether the pod starts when the Secret or a listed key does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "Entries of a Secret as files." },
)
export type SecretProjection = TypeOf<typeof SecretProjection>

export const DownwardAPIProjection = struct(
  "io.k8s.api.core.v1.DownwardAPIProjection",
  {
    items: list(1, DownwardAPIVolumeFile, { doc: "The files and what each of them tells.", listType: "atomic" }),
  },
  { doc: "Facts about the pod as files." },
)
export type DownwardAPIProjection = TypeOf<typeof DownwardAPIProjection>

export const ConfigMapProjection = struct(
  "io.k8s.api.core.v1.ConfigMapProjection",
  {
    localObjectReference: inline(1, LocalObjectReference),
    items: list(2, KeyToPath, {
      doc: "Which entries appear, and under which paths. Default: all, each under its key.",
      listType: "atomic",
    }),
    optional: bool(4, {
      doc: "Whether the pod starts when the ConfigMap or a listed key does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "Entries of a ConfigMap as files." },
)
export type ConfigMapProjection = TypeOf<typeof ConfigMapProjection>

export const ServiceAccountTokenProjection = struct(
  "io.k8s.api.core.v1.ServiceAccountTokenProjection",
  {
    audience: string(1, {
      doc: "For whom the token is: whoever checks it must find its own name there. Default: the API server.",
    }),
    expirationSeconds: int64(2, {
      doc: "For how many seconds a token is valid, at least 600. It is renewed after 80% of them. Default 3600.",
      default: 3600,
      pointer: true,
    }),
    path: string(3, { doc: "The path of the file, relative to the mount.", required: true }),
  },
  { doc: "A token of the pod's service account as a file. It is renewed before it expires." },
)
export type ServiceAccountTokenProjection = TypeOf<typeof ServiceAccountTokenProjection>

export const ClusterTrustBundleProjection = struct(
  "io.k8s.api.core.v1.ClusterTrustBundleProjection",
  {
    name: string(1, { doc: "One bundle, by name. Not together with signerName.", pointer: true }),
    signerName: string(2, {
      doc: "All bundles of this signer that labelSelector picks. Not together with name.",
      pointer: true,
    }),
    labelSelector: message(3, LabelSelector, {
      doc: "Which bundles of the signer are meant. Absent: none; empty: all.",
    }),
    optional: bool(5, {
      doc: "Whether the pod starts when there is no such bundle. Default false: it waits.",
      pointer: true,
    }),
    path: string(4, { doc: "The path of the file, relative to the mount.", required: true }),
  },
  { doc: "Trusted certificates from ClusterTrustBundles, joined in one PEM file." },
)
export type ClusterTrustBundleProjection = TypeOf<typeof ClusterTrustBundleProjection>

export const PodCertificateProjection = struct(
  "io.k8s.api.core.v1.PodCertificateProjection",
  {
    signerName: string(1, {
      doc: "Who is asked to sign the certificate, such as example.com/internal.",
      required: true,
    }),
    keyType: string(2, {
      doc: "The kind of key: RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519.",
      required: true,
    }),
    maxExpirationSeconds: int32(3, {
      doc: "For how many seconds the certificate may be valid at most: 3600 to 7862400, which is 91 days. The signer may choose less. Default 86400, a day.",
      pointer: true,
    }),
    credentialBundlePath: string(4, {
      doc: "A file with the key and after it the certificate chain, in PEM. Safer than two files, which may be read between two renewals.",
    }),
    keyPath: string(5, { doc: "A file with the key alone, in PEM." }),
    certificateChainPath: string(6, { doc: "A file with the certificate chain alone, in PEM." }),
    userAnnotations: map(7, "string", {
      doc: "Notes for the signer. Keys must have a domain; their meaning is up to the signer.",
    }),
  },
  { doc: "A private key and a certificate for it, made for the pod and renewed in time." },
)
export type PodCertificateProjection = TypeOf<typeof PodCertificateProjection>

export const VolumeProjection = struct(
  "io.k8s.api.core.v1.VolumeProjection",
  {
    secret: message(1, SecretProjection, { doc: "Entries of a Secret." }),
    downwardAPI: message(2, DownwardAPIProjection, { doc: "Facts about the pod." }),
    configMap: message(3, ConfigMapProjection, { doc: "Entries of a ConfigMap." }),
    serviceAccountToken: message(4, ServiceAccountTokenProjection, { doc: "A token of the pod's service account." }),
    clusterTrustBundle: message(5, ClusterTrustBundleProjection, {
      doc: "Trusted certificates from ClusterTrustBundles.",
    }),
    podCertificate: message(6, PodCertificateProjection, { doc: "A private key and a certificate made for the pod." }),
  },
  { doc: "One of the sources of a projected volume. Exactly one member must be set." },
)
export type VolumeProjection = TypeOf<typeof VolumeProjection>

export const ProjectedVolumeSource = struct(
  "io.k8s.api.core.v1.ProjectedVolumeSource",
  {
    sources: list(1, VolumeProjection, {
      doc: "The sources. No two may write the same path.",
      always: true,
      listType: "atomic",
    }),
    defaultMode: int32(2, {
      doc: "The permission bits of the files, in YAML as octal (0644), in JSON as decimal (420). Default 0644.",
      default: 0o644,
      pointer: true,
    }),
  },
  { doc: "Several sources together in one folder." },
)
export type ProjectedVolumeSource = TypeOf<typeof ProjectedVolumeSource>
