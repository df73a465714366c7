import type { Client } from "../../client/client.ts"
import type { Platform } from "../../platform/platform.ts"
import type { BridgeNetwork } from "../cni/bridge-network.ts"
import { createServiceProxy, type ServiceProxy } from "../proxy/service-proxy.ts"
import { feedServices } from "./service-feed.ts"

export interface NodeNetworkOptions {
  /** Must be allowed to list and watch services, endpoint slices and nodes. */
  readonly client: Client
  readonly platform: Platform
  readonly nodeName: string
  readonly nodeIp: string
  /** Started already. */
  readonly bridge: BridgeNetwork
  readonly clusterCidr: string
  readonly serviceCidr: string
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  /** Stops following the API. What is in the kernel stays and works on. */
  readonly signal: AbortSignal
}

export interface NodeNetwork {
  /** Resolves when all services that the API knows are in the kernel. */
  readonly synced: Promise<void>
  /** For tests and `doctor`. */
  readonly proxy: ServiceProxy
  /** Resolves after the signal, when everything has come to rest. */
  readonly stopped: Promise<void>
  /** To be called after `stopped`: removes this node's services, DNS and overlay. The bridge is its owner's. */
  destroy(): Promise<void>
}

/** A node's share of the cluster's network beyond its own pods, driven by the API. */
export function runNodeNetwork(options: NodeNetworkOptions): NodeNetwork {
  const { bridge, signal } = options
  const proxy = createServiceProxy({ ...options, name: bridge.name, podCidr: bridge.podCidr })
  const nothing = { set: () => undefined, remove: () => undefined }
  const feed = feedServices({ ...options, proxy, dns: nothing, onChange: () => undefined })
  const stopped = aborted(signal).then(() => proxy.close())
  return {
    proxy,
    stopped,
    synced: feed.synced.then(() => proxy.start()),
    async destroy() {
      await stopped
      await proxy.destroy()
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
}
