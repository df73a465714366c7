import type { Node } from "../../api/core/v1/node.ts"
import { askKubelet, type KubeletTls } from "../../apiserver/resource-metrics/ask-kubelet.ts"
import { kubeletAddress } from "../../apiserver/streaming/kubelet-location.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import type { NodeVolumes } from "../../storage/storage.ts"

/** Making a folder is a moment's work. */
const MAKE_MS = 10_000
/** Removing millions of files takes a while. What is not done by then is gone on with. */
const REMOVE_MS = 600_000

/** Asks the agents, with the certificate by which they know the control plane. */
export function remoteNodeVolumes({ clock }: Pick<Platform, "clock">, tls: KubeletTls): NodeVolumes {
  const ask = async (node: Node, method: string, name: string, timeoutMs: number): Promise<string> => {
    const { name: nodeName } = node.metadata
    const timeout = new AbortController()
    const timer = clock.after(timeoutMs, () => timeout.abort())
    try {
      const target = `/volumeFolders/${encodeURIComponent(name)}`
      const at = kubeletAddress(nodeName, { get: () => node as never })
      return await askKubelet(at, timeout.signal, { clock, tls }, { method, target })
    } catch (error) {
      throw new Error(`node "${nodeName}": ${messageOf(error)}`, { cause: error })
    } finally {
      timer.cancel()
    }
  }
  return {
    async make(node, name) {
      const { path } = JSON.parse(await ask(node, "PUT", name, MAKE_MS)) as { readonly path: string }
      return path
    },
    async remove(node, name) {
      await ask(node, "DELETE", name, REMOVE_MS)
    },
  }
}
