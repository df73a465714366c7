import { createHash } from "node:crypto"

/** What names a disk of a CSI driver. */
export interface CsiVolume {
  readonly driver: string
  readonly volumeHandle: string
}

/** The name of the VolumeAttachment by which controller, driver and node agree on one disk at one node. */
export function attachmentName({ driver, volumeHandle }: CsiVolume, nodeName: string): string {
  return `csi-${createHash("sha256").update(`${volumeHandle}${driver}${nodeName}`).digest("hex")}`
}

const PREFIX = "kubernetes.io/csi/"
const SEPARATOR = "^"

/** The name under which nodes list the disk as attached and as in use. */
export const uniqueVolumeName = ({ driver, volumeHandle }: CsiVolume): string =>
  `${PREFIX}${driver}${SEPARATOR}${volumeHandle}`

/** Undefined: it is no disk of a CSI driver. */
export function parseUniqueVolumeName(name: string): CsiVolume | undefined {
  const [driver, volumeHandle, ...rest] = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split(SEPARATOR) : []
  if (!driver || !volumeHandle || rest.length > 0) return undefined
  return { driver, volumeHandle }
}
