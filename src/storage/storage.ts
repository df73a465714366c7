import type { Node } from "../api/core/v1/node.ts"

/**
 * The port between control plane and nodes for volumes that are folders of a node. The node does what it is asked, and
 * knows nothing of claims: what there should be is the control plane's to remember. Every method may be retried.
 */
export interface NodeVolumes {
  /** Makes an empty folder, or leaves the one of that name as it is. Resolves to its path on the node. Throws when the node cannot be reached or cannot do it. */
  make(node: Node, name: string): Promise<string>
  /** Removes the folder with everything in it. One that is not there is fine. */
  remove(node: Node, name: string): Promise<void>
}

/** The same on the node itself. */
export interface VolumeFolders {
  /** Throws `VolumeNameError` for what is no name of a folder. */
  make(name: string): Promise<string>
  remove(name: string): Promise<void>
}

export class VolumeNameError extends Error {
  override readonly name = "VolumeNameError"
}
