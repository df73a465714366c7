import type { Node } from "../../api/core/v1/node.ts"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import {
  attachmentName,
  type CsiVolume,
  parseUniqueVolumeName,
  uniqueVolumeName,
} from "../../api/storage/v1/attachment-name.ts"
import type { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"
import { isNodeReady } from "../nodelifecycle/plan.ts"
import { multiAttachErrors, type PodError } from "./multi-attach.ts"

/** A node that does not let go of a volume for so long, and is not well, is taken for dead. */
export const UNMOUNT_MS_MAX = 360_000
const MANAGED = "volumes.kubernetes.io/controller-managed-attach-detach"
const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"

/** Everything about one volume. */
export interface VolumeWorld {
  readonly name: string
  /** Undefined: it has gone, or it is no disk that is attached. */
  readonly disk: CsiVolume | undefined
  readonly accessModes: readonly string[]
  /** Pods that have a node and need the volume there. */
  readonly pods: readonly Pod[]
  readonly attachments: readonly VolumeAttachment[]
  node(name: string): Node | undefined
  /** Since when nobody has needed the volume at an attachment's node. */
  unwantedForMs(attachment: string): number
}

export type Step =
  | { readonly do: "attach"; readonly name: string; readonly node: string; readonly attacher: string }
  /** `force`: the node is not asked whether it still uses the volume. */
  | { readonly do: "detach"; readonly attachment: VolumeAttachment; readonly volume: string; readonly force: boolean }
  /** It is still in use where nobody needs it. */
  | { readonly do: "wait"; readonly attachment: string; readonly ms: number }
  /** It is asked for already: how far is it? */
  | {
      readonly do: "wanted"
      readonly attachment: VolumeAttachment
      readonly handle: string
      readonly pods: readonly Pod[]
    }
  /** The volume can be at one node only, and is at another. */
  | { readonly do: "tell-multi-attach"; readonly node: string; readonly errors: readonly PodError[] }

/** Detaching comes first: what moves to another node is let go there before. */
export function plan(world: VolumeWorld): readonly Step[] {
  const wanted = wantedAt(world)
  const unwanted = world.attachments.filter(({ spec }) => !wanted.has(spec.nodeName))
  const detaching = unwanted.flatMap((attachment) => planDetach(attachment, world) ?? [])
  return [...detaching, ...planAttaches(world, wanted, detaching)]
}

/** Only nodes that leave it to the control plane, as all do today. */
function wantedAt({ disk, pods, node }: VolumeWorld): ReadonlyMap<string, readonly Pod[]> {
  if (disk === undefined) return new Map()
  const managed = (name: string) => node(name)?.metadata.annotations?.[MANAGED] !== undefined
  return Map.groupBy(
    pods.filter(({ spec }) => managed(spec.nodeName ?? "")),
    ({ spec }) => spec.nodeName ?? "",
  )
}

function planDetach(attachment: VolumeAttachment, world: VolumeWorld): Step | undefined {
  const { name, deletionTimestamp } = attachment.metadata
  if (deletionTimestamp !== undefined) return undefined
  const node = world.node(attachment.spec.nodeName)
  const disk = diskOf(attachment, world.disk, node)
  if (disk === undefined) return undefined
  const volume = uniqueVolumeName(disk)
  const unwantedForMs = world.unwantedForMs(name)
  const isOverdue = unwantedForMs > UNMOUNT_MS_MAX
  const isOutOfService = node?.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false
  const isWell = node !== undefined && isNodeReady(node)
  // What a node that is not there has mounted is not known.
  const isMounted = node === undefined || (node.status.volumesInUse?.includes(volume) ?? false)
  if (isMounted && !isOutOfService && !(isOverdue && !isWell)) {
    return { do: "wait", attachment: name, ms: Math.max(0, UNMOUNT_MS_MAX - unwantedForMs) + 1 }
  }
  return { do: "detach", attachment, volume, force: isOverdue || isOutOfService }
}

/** Attachments with other names than this controller gives are somebody else's. */
function diskOf({ metadata, spec }: VolumeAttachment, disk: CsiVolume | undefined, node: Node | undefined) {
  const { volumesAttached = [], volumesInUse = [] } = node?.status ?? {}
  // The volume may be gone; its node still knows it.
  const known = [...volumesAttached.map(({ name }) => name), ...volumesInUse].map(parseUniqueVolumeName)
  return [disk, ...known].find((one) => one !== undefined && attachmentName(one, spec.nodeName) === metadata.name)
}

function planAttaches(
  world: VolumeWorld,
  wanted: ReadonlyMap<string, readonly Pod[]>,
  detaching: readonly Step[],
): readonly Step[] {
  const { attachments, disk, name } = world
  if (disk === undefined) return []
  const steps: Step[] = []
  const taken = new Map(attachments.map((attachment) => [attachment.spec.nodeName, attachment]))
  const leaving = new Set(detaching.flatMap((step) => (step.do === "detach" ? [step.attachment.spec.nodeName] : [])))
  const coming = new Set<string>()
  for (const [node, pods] of wanted) {
    const attachment = taken.get(node)
    if (attachment !== undefined) {
      steps.push({ do: "wanted", attachment, handle: disk.volumeHandle, pods })
      continue
    }
    const others = [...taken.keys(), ...coming]
    if (isForOneNode(world) && others.length > 0) {
      // What is about to be let go is only waited for.
      const going = (at: string) => leaving.has(at) || taken.get(at)?.metadata.deletionTimestamp !== undefined
      if (others.every(going)) continue
      const blocking = others.flatMap((at) => wanted.get(at) ?? [])
      steps.push({ do: "tell-multi-attach", node, errors: multiAttachErrors(name, pods, blocking) })
      continue
    }
    coming.add(node)
    steps.push({ do: "attach", name: attachmentName(disk, node), node, attacher: disk.driver })
  }
  return steps
}

/** Without access modes nobody knows, and the driver will say. */
function isForOneNode({ accessModes }: VolumeWorld): boolean {
  return accessModes.length > 0 && !accessModes.some((mode) => mode === "ReadWriteMany" || mode === "ReadOnlyMany")
}

/** The disk of a volume whose driver wants it attached before it is used. */
export function diskToAttach(
  volume: PersistentVolume | undefined,
  attachRequired: (driver: string) => boolean,
): CsiVolume | undefined {
  const csi = volume?.spec.csi
  return csi !== undefined && attachRequired(csi.driver) ? csi : undefined
}

/** Whether a pod still needs its volumes: containers of it run, or may run yet. */
export function needsVolumes({ metadata, status }: Pod): boolean {
  if (status.phase === "Succeeded" || status.phase === "Failed") return false
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses]
  const runs = all.some(({ state }) => state?.terminated === undefined && state?.waiting === undefined)
  return metadata.deletionTimestamp === undefined || runs
}
