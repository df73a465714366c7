import { GrpcError } from "../../machinery/grpc/code.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { IdMapping, NamespaceOptions, UserNamespace } from "../sandbox.ts"
import { NAMESPACE_MODES, numberOf } from "./enums.ts"
import type * as messages from "./security-messages.ts"

/** Which namespaces a pod has, as CRI says it and as the port does. */

export function namespacesMessage({ ipc, network, pid, targetId, userns }: NamespaceOptions) {
  return {
    network: numberOf(NAMESPACE_MODES, network),
    ipc: numberOf(NAMESPACE_MODES, ipc),
    pid: numberOf(NAMESPACE_MODES, pid),
    ...(targetId !== undefined && { targetId }),
    ...(userns && {
      usernsOptions: { mode: numberOf(NAMESPACE_MODES, userns.mode), uids: userns.uids, gids: userns.gids },
    }),
  }
}

/** Throws GrpcError InvalidArgument. */
export function namespacesOf(message: TypeOf<typeof messages.NamespaceOption> = {}): NamespaceOptions {
  const { ipc = 0, network = 0, pid = 0, targetId = "", usernsOptions } = message
  const mode = NAMESPACE_MODES[pid]
  if (mode === undefined) throw new GrpcError("InvalidArgument", `unknown namespace mode ${pid}`)
  return {
    network: podOrNode(network, "network"),
    ipc: podOrNode(ipc, "ipc"),
    pid: mode,
    ...(targetId !== "" && { targetId }),
    ...(usernsOptions && { userns: userNamespaceOf(usernsOptions) }),
  }
}

function podOrNode(number: number, what: string): "POD" | "NODE" {
  const mode = NAMESPACE_MODES[number]
  if (mode === "POD" || mode === "NODE") return mode
  throw new GrpcError("InvalidArgument", `found ${what} namespace mode ${mode ?? number}, expected POD or NODE`)
}

function userNamespaceOf(message: TypeOf<typeof messages.UserNamespace>): UserNamespace {
  const { gids = [], mode = 0, uids = [] } = message
  return { mode: podOrNode(mode, "user"), uids: uids.map(mappingOf), gids: gids.map(mappingOf) }
}

const mappingOf = ({ containerId = 0, hostId = 0, length = 0 }: TypeOf<typeof messages.IDMapping>): IdMapping => ({
  hostId,
  containerId,
  length,
})
