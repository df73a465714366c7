import type { IdMapping, UserNamespace } from "../../sandbox.ts"
import type { OciIdMapping } from "./types.ts"

/** runc wants to know the ids of a user namespace even when it joins one. */
export function idMappings(userns: UserNamespace | undefined): {
  readonly uidMappings?: readonly OciIdMapping[]
  readonly gidMappings?: readonly OciIdMapping[]
} {
  if (userns === undefined) return {}
  return { uidMappings: userns.uids.map(mapping), gidMappings: userns.gids.map(mapping) }
}

const mapping = ({ containerId, hostId, length }: IdMapping): OciIdMapping => ({
  containerID: containerId,
  hostID: hostId,
  size: length,
})
