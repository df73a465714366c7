import type { NodeVolumes } from "../../src/storage/storage.ts"

/** Containers here write nothing, so that a folder is no more than its name. */
export const fakeNodeVolumes: NodeVolumes = {
  make: (node, name) => Promise.resolve(`/var/lib/gantry/nodes/${node.metadata.name}/volumes/${name}`),
  remove: () => Promise.resolve(),
}
