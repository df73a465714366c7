import type { Node } from "../../api/core/v1/node.ts"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import {
  BETA_STORAGE_PROVISIONER,
  BIND_COMPLETED,
  hasAnnotation,
  PROVISIONED_BY,
  PROVISIONER_FINALIZER,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
} from "../../api/core/v1/volume-binding.ts"
import type { StorageClass } from "../../api/storage/v1/storage-class.ts"
import { isNodeReady } from "../nodelifecycle/plan.ts"
import { LOCAL_PROVISIONER, NODE_ANNOTATION } from "./names.ts"

/** What becomes of a claim that this provisioner is asked to serve. Undefined: nothing, or nothing yet. */
export type ClaimStep =
  | { readonly do: "provision"; readonly node: Node }
  /** It cannot be served, whatever happens. */
  | { readonly do: "refuse"; readonly why: string }
  /** Not on this node: the scheduler has to choose again. */
  | { readonly do: "reschedule"; readonly why: string }
  /** No node can have it now. */
  | { readonly do: "wait"; readonly why: string }

export interface ClaimWorld {
  readonly storageClass: StorageClass | undefined
  node(name: string): Node | undefined
  /** All of them; only asked for when nobody has chosen one. */
  nodes(): readonly Node[]
  /** How many volumes a node has already. */
  volumesOn(node: string): number
}

export function planClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimStep | undefined {
  const { storageClass } = world
  const { annotations, deletionTimestamp } = claim.metadata
  const asked = annotations?.[STORAGE_PROVISIONER] ?? annotations?.[BETA_STORAGE_PROVISIONER]
  if (asked !== LOCAL_PROVISIONER || storageClass?.provisioner !== LOCAL_PROVISIONER) return undefined
  if (claim.spec.volumeName || hasAnnotation(claim, BIND_COMPLETED) || deletionTimestamp !== undefined) return undefined
  const selected = annotations?.[SELECTED_NODE]
  if (storageClass.volumeBindingMode === "WaitForFirstConsumer" && !selected) return undefined
  const why = whyNot(claim, storageClass)
  if (why !== undefined) return { do: "refuse", why }
  if (!selected) return pickNode(world, storageClass)
  const node = world.node(selected)
  if (node === undefined) return { do: "reschedule", why: `failed to get target node: node "${selected}" not found` }
  return { do: "provision", node }
}

const MODES = ["ReadWriteOnce", "ReadWriteOncePod"]

function whyNot({ spec }: PersistentVolumeClaim, storageClass: StorageClass): string | undefined {
  const mode = spec.accessModes?.find((one) => !MODES.includes(one))
  if (mode !== undefined) {
    return `access mode ${mode} is not supported: the volume is a folder of one node, so that only ${MODES.join(" and ")} are possible`
  }
  if (spec.volumeMode === "Block") return "volume mode Block is not supported: the volume is a folder of a node"
  if (spec.selector !== undefined) return "claim.spec.selector is not supported: each volume is made for its claim"
  if (spec.dataSource !== undefined || spec.dataSourceRef !== undefined) {
    return "a data source is not supported: volumes begin empty"
  }
  if (spec.volumeAttributesClassName) return "volumeAttributesClassName is not supported: a folder has no attributes"
  const [parameter] = Object.keys(storageClass.parameters ?? {})
  if (parameter !== undefined) return `the class has the parameter "${parameter}", but this provisioner has none`
  if ((storageClass.mountOptions ?? []).length > 0) return "mount options are not supported: a folder is not mounted"
  return undefined
}

/** Nobody has chosen: the node with the fewest volumes, of those that take pods. */
function pickNode({ nodes, volumesOn }: ClaimWorld, { allowedTopologies = [] }: StorageClass): ClaimStep {
  const isAllowed = ({ metadata: { labels } }: Node) =>
    allowedTopologies.length === 0 ||
    allowedTopologies.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(labels?.[key] ?? "")),
    )
  const order = (a: Node, b: Node) =>
    volumesOn(a.metadata.name) - volumesOn(b.metadata.name) || (a.metadata.name < b.metadata.name ? -1 : 1)
  const [node] = nodes()
    .filter((one) => takesPods(one) && isAllowed(one))
    .toSorted(order)
  return node === undefined ? { do: "wait", why: "no node is ready to have the volume" } : { do: "provision", node }
}

export const takesPods = (node: Node): boolean => !node.spec.unschedulable && isNodeReady(node)

/** What becomes of a volume of this provisioner. Undefined: nothing. */
export type VolumeStep =
  /** Remove the folder, then the volume. */
  | { readonly do: "remove"; readonly node: string }
  /** Whoever deletes a volume that is kept wants it gone; its folder stays. */
  | { readonly do: "let-go" }
  | { readonly do: "hold" }

export function planVolume(volume: PersistentVolume): VolumeStep | undefined {
  if (volume.metadata.annotations?.[PROVISIONED_BY] !== LOCAL_PROVISIONER) return undefined
  const holds = volume.metadata.finalizers?.includes(PROVISIONER_FINALIZER) ?? false
  const goes = volume.metadata.deletionTimestamp !== undefined
  if (volume.spec.persistentVolumeReclaimPolicy !== "Delete") return holds ? { do: "let-go" } : undefined
  if (goes && !holds) return undefined
  const { phase } = volume.status
  if (phase === "Released" || (goes && phase === "Available")) {
    return { do: "remove", node: volume.metadata.annotations?.[NODE_ANNOTATION] ?? "" }
  }
  return holds ? undefined : { do: "hold" }
}
