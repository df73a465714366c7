import type { BridgeNetwork } from "../../network/cni/bridge-network.ts"
import type { ContainerRuntime, PodSandbox } from "../../runtime/runtime.ts"

/** For start-up: tells the network of the pods that run already, and frees what is left of others. Returns all there are. */
export async function adoptPods(runtime: ContainerRuntime, bridge: BridgeNetwork): Promise<readonly PodSandbox[]> {
  const sandboxes = await runtime.listPodSandboxes()
  const running = sandboxes.filter(({ state }) => state === "READY")
  const pods = await Promise.all(running.map(({ id }) => runtime.podSandboxStatus(id)))
  const wired = pods.filter(({ netnsPath }) => netnsPath !== "")
  await bridge.adopt(wired.map((pod) => ({ ...pod, sandboxId: pod.id, interfaceName: "eth0" })))
  await bridge.reconcile(new Set(sandboxes.map(({ id }) => id)))
  return sandboxes
}
