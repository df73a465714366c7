import { Node } from "../../api/core/v1/node.ts"
import type { Client } from "../../client/client.ts"
import { startInformer } from "../../client/informer.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"

/** This node as the API has it: labels that admins set, and the pod addresses that a controller gave it. */
export interface OwnNode {
  /** Undefined until the API server has shown it. */
  get(): Node | undefined
}

/** Follows the node and tells the runtime its pod CIDRs. */
export function followOwnNode(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly runtime: Pick<ContainerRuntime, "updateRuntimeConfig">
  readonly nodeName: string
  readonly signal: AbortSignal
  /** The runtime has been told, so that its network may be ready now. */
  readonly onCidrs: () => void
}): OwnNode {
  const { client, nodeName, platform, runtime, signal } = options
  const scope = { fieldSelector: `metadata.name=${nodeName}` }
  const informer = startInformer(client, Node, { platform, signal, scope })
  let told = ""
  informer.onChange((change) => {
    if (change.type === "deleted") return
    const { podCIDR, podCIDRs } = change.object.spec
    const podCidrs = podCIDRs ?? (podCIDR ? [podCIDR] : [])
    const text = podCidrs.join(",")
    if (text === "" || text === told) return
    told = text
    runtime.updateRuntimeConfig({ podCidrs }).then(options.onCidrs, (error: unknown) => {
      told = ""
      platform.log.warn("the runtime did not take the node's pod addresses", { podCidrs, error })
    })
  })
  return { get: () => informer.get(nodeName) }
}
