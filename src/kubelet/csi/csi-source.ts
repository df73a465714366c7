import { createHash } from "node:crypto"
import type { ResolvedVolume } from "../volumes/plugins/plugin.ts"
import type { Driver } from "./drivers.ts"
import type { VolumeCapability } from "./node-service.ts"

export const CSI = "kubernetes.io/csi"

/** What a volume says about itself, whether a persistent volume or the pod describes it. */
export interface CsiSource {
  readonly driver: string
  /** The driver's name for the volume. */
  readonly handle: string
  /** The pod describes it, and the driver makes it for that pod alone. */
  readonly ephemeral: boolean
  readonly fsType: string
  readonly attributes: Readonly<Record<string, string>>
  readonly accessModes: readonly string[]
  readonly mountOptions: readonly string[]
  readonly publishSecret?: SecretKey
  readonly stageSecret?: SecretKey
  readonly expandSecret?: SecretKey
}

export interface SecretKey {
  readonly namespace: string
  readonly name: string
}

/** Undefined where the volume is of another type. */
export function csiSource({ persistent, pod, specName, volume }: ResolvedVolume): CsiSource | undefined {
  const inline = volume.csi
  if (inline !== undefined) {
    const { driver, fsType = "", nodePublishSecretRef, volumeAttributes = {} } = inline
    const publishSecret = nodePublishSecretRef && {
      namespace: pod.metadata.namespace,
      name: nodePublishSecretRef.name ?? "",
    }
    return {
      driver,
      handle: `csi-${sha256(pod.metadata.uid + specName)}`,
      ephemeral: true,
      fsType,
      attributes: volumeAttributes,
      accessModes: [],
      mountOptions: [],
      ...(publishSecret && { publishSecret }),
    }
  }
  const csi = persistent?.spec.csi
  if (persistent === undefined || csi === undefined) return undefined
  const { accessModes = [], mountOptions = [] } = persistent.spec
  const key = (reference: { namespace?: string; name?: string }) => {
    return { namespace: reference.namespace ?? "", name: reference.name ?? "" }
  }
  return {
    driver: csi.driver,
    handle: csi.volumeHandle,
    ephemeral: false,
    fsType: csi.fsType ?? "",
    attributes: csi.volumeAttributes ?? {},
    accessModes,
    mountOptions,
    ...(csi.nodePublishSecretRef && { publishSecret: key(csi.nodePublishSecretRef) }),
    ...(csi.nodeStageSecretRef && { stageSecret: key(csi.nodeStageSecretRef) }),
    ...(csi.nodeExpandSecretRef && { expandSecret: key(csi.nodeExpandSecretRef) }),
  }
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}

const SINGLE_NODE_WRITER = 1
const SINGLE_NODE_MULTI_WRITER = 7

/** By the names of the API. Of the first two the driver decides which it understands. */
const MODES: ReadonlyMap<string, { readonly plain: number; readonly multiWriter: number }> = new Map([
  ["ReadWriteOnce", { plain: SINGLE_NODE_WRITER, multiWriter: SINGLE_NODE_MULTI_WRITER }],
  ["ReadWriteOncePod", { plain: SINGLE_NODE_WRITER, multiWriter: 6 }],
  ["ReadOnlyMany", { plain: 3, multiWriter: 3 }],
  ["ReadWriteMany", { plain: 5, multiWriter: 5 }],
])

/** How the pod is going to use the volume. `group`: the driver gives the files to it. */
export async function volumeCapability(
  driver: Driver,
  source: CsiSource,
  { block, group }: { readonly block: boolean; readonly group?: number | undefined },
): Promise<VolumeCapability> {
  const mode = MODES.get(source.accessModes[0] ?? "ReadWriteOnce")
  const number = (await driver.can("singleNodeMultiWriter")) ? mode?.multiWriter : mode?.plain
  const accessMode = { mode: number ?? 0 }
  if (block) return { accessMode, block: {} }
  const mount = {
    fsType: source.fsType,
    mountFlags: source.mountOptions,
    ...(group !== undefined && { volumeMountGroup: String(group) }),
  }
  return { accessMode, mount }
}
