import { deepEqual } from "../../../machinery/patch/structure.ts"
import { bool, int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { csiDriverColumns } from "./csi-driver-columns.ts"

const { csiDriverWarnings, validateCsiDriver, validateCsiDriverUpdate } = onFirstCall<
  typeof import("./validation/csi.ts")
>("./validation/csi.ts", import.meta.url)

export const TokenRequest = struct(
  "io.k8s.api.storage.v1.TokenRequest",
  {
    audience: string(1, { doc: "For whom the token is. Empty: the API server.", required: true }),
    expirationSeconds: int64(2, { doc: "For how many seconds the token is valid. Default 3600.", pointer: true }),
  },
  { doc: "A token that a driver gets for each pod." },
)
export type TokenRequest = TypeOf<typeof TokenRequest>

export const CSIDriverSpec = struct(
  "io.k8s.api.storage.v1.CSIDriverSpec",
  {
    attachRequired: bool(1, {
      doc: "Whether volumes must be attached to a node before they are mounted. Default true; it cannot be changed.",
      default: true,
      pointer: true,
    }),
    podInfoOnMount: bool(2, {
      doc: "Whether the driver is told the pod's name, namespace, uid and service account. Default false.",
      default: false,
      pointer: true,
    }),
    volumeLifecycleModes: list(3, "string", {
      doc: "Persistent (the default) for volumes of claims, Ephemeral for volumes inside a pod's spec.",
      listType: "set",
    }),
    storageCapacity: bool(4, {
      doc: "Whether the scheduler looks at the CSIStorageCapacity objects of the driver first. Default false.",
      default: false,
      pointer: true,
    }),
    fsGroupPolicy: string(5, {
      doc: "Whether fsGroup is applied: ReadWriteOnceWithFSType (the default), File or None.",
      default: "ReadWriteOnceWithFSType",
      pointer: true,
    }),
    tokenRequests: list(6, TokenRequest, {
      doc: "Tokens of the pod's service account that the driver gets when it mounts a volume.",
      listType: "atomic",
    }),
    requiresRepublish: bool(7, {
      doc: "Whether the driver is called again from time to time, so that it can renew what is mounted. Default false.",
      default: false,
      pointer: true,
    }),
    seLinuxMount: bool(8, {
      doc: "Whether volumes can be mounted with an SELinux label. Default false.",
      default: false,
      pointer: true,
    }),
    nodeAllocatableUpdatePeriodSeconds: int64(9, {
      doc: "How often, in seconds, nodes ask the driver how many volumes they can have; at least 10. Default: only at its start.",
      pointer: true,
    }),
    serviceAccountTokenInSecrets: bool(10, {
      doc: "Whether tokens are passed as secrets rather than among the volume's settings, where they may be logged. Default false; needs tokenRequests.",
      pointer: true,
    }),
    preventPodSchedulingIfMissing: bool(11, {
      doc: "Whether pods that need the driver stay off nodes that do not have it. Default false.",
      pointer: true,
    }),
  },
  {
    doc: "What a driver can do and needs.",
    defaults: (spec) => {
      if ((spec.volumeLifecycleModes?.length ?? 0) === 0) spec.volumeLifecycleModes = ["Persistent"]
    },
  },
)
export type CSIDriverSpec = TypeOf<typeof CSIDriverSpec>

/**
 * A CSI storage driver of the cluster, and how it wants to be called.
 * https://kubernetes.io/docs/concepts/storage/volumes/#csi
 */
export const CSIDriver = defineResource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  doc: "A CSI storage driver of the cluster, and how it wants to be called. The object has the name of the driver.",
  definition: "io.k8s.api.storage.v1.CSIDriver",
  columns: csiDriverColumns,
  strategy: {
    returnsDeleted: true,
    // Not on by default in Kubernetes.
    prepareCreate: ({ spec }) => {
      delete spec.preventPodSchedulingIfMissing
    },
    prepareUpdate: ({ metadata, spec }, old) => {
      if (old.spec.preventPodSchedulingIfMissing === undefined) delete spec.preventPodSchedulingIfMissing
      // As in Kubernetes, a new one has no generation yet.
      if (!deepEqual(spec, old.spec)) metadata.generation = (old.metadata.generation ?? 0) + 1
    },
    validate: validateCsiDriver,
    validateUpdate: validateCsiDriverUpdate,
    warnings: csiDriverWarnings,
  },
  fields: {
    spec: message(2, CSIDriverSpec, { doc: "What the driver can do and needs.", required: true }),
  },
})
export type CSIDriver = ObjectOf<typeof CSIDriver>
