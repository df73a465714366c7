import { RuntimeError } from "../errors.ts"
import type { ContainerRuntime } from "../runtime.ts"
import type { PodSandbox, PodSandboxConfig, PodSandboxMetadata, SandboxId } from "../sandbox.ts"
import { CALL_MS, runtimeErrorOf, SANDBOX_MS, unlessGone } from "./calls.ts"
import { sandboxConfigMessage } from "./config-messages.ts"
import type { Parts } from "./parts.ts"
import type { Reads } from "./reads.ts"
import { sharing } from "./sharing.ts"

type Methods = Pick<ContainerRuntime, "removePodSandbox" | "runPodSandbox" | "stopPodSandbox">

export function sandboxMethods({ configs, cri, platform, watch }: Parts, reads: Reads): Methods {
  const once = sharing<SandboxId>()
  const limit = { timeoutMs: CALL_MS }

  /** Runtimes refuse what is there already, each in words of its own. */
  const existing = async (metadata: PodSandboxMetadata): Promise<PodSandbox | undefined> =>
    (await reads.listPodSandboxes()).find((sandbox) => isSame(sandbox.metadata, metadata))

  const run = async (config: PodSandboxConfig, runtimeHandler: string): Promise<SandboxId> => {
    await watch.begun()
    configs.set(config)
    const beganNs = nowNs()
    let id: SandboxId
    try {
      const request = { config: sandboxConfigMessage(config), runtimeHandler }
      const { podSandboxId = "" } = await cri.RunPodSandbox(request, { timeoutMs: SANDBOX_MS })
      id = podSandboxId as SandboxId
    } catch (error) {
      const found = await existing(config.metadata)
      if (found === undefined) throw runtimeErrorOf(error)
      if (found.state !== "READY" && found.createdAtNs >= beganNs) {
        // What is left when the pod's network could be neither made nor removed.
        await remove(found.id, found.metadata).catch((left: unknown) =>
          platform.log.warn("a sandbox that could not be made was not removed", { sandbox: found.id, error: left }),
        )
        throw runtimeErrorOf(error)
      }
      if (found.state !== "READY") {
        const { name, namespace } = config.metadata
        throw new RuntimeError("AlreadyExists", `sandbox ${found.id} of pod ${namespace}/${name} has been stopped`)
      }
      id = found.id
    }
    await watch.sandboxChanged(id)
    return id
  }

  const remove = async (podSandboxId: SandboxId, metadata: PodSandboxMetadata): Promise<void> => {
    const containers = await reads.listContainers({ sandboxId: podSandboxId })
    // Again when it has been stopped already: what of its network was left must go.
    await unlessGone(cri.StopPodSandbox({ podSandboxId }, { timeoutMs: SANDBOX_MS }))
    await unlessGone(cri.RemovePodSandbox({ podSandboxId }, limit))
    configs.delete(metadata)
    for (const { id } of containers) reads.neverStarted.delete(id)
    await watch.sandboxChanged(podSandboxId)
  }

  const nowNs = () => BigInt(Math.trunc(platform.clock.nowMs())) * NS_PER_MS

  return {
    runPodSandbox(config, runtimeHandler = "") {
      const { attempt, uid } = config.metadata
      return once(`${uid}/${attempt}`, () => run(config, runtimeHandler))
    },
    async stopPodSandbox(podSandboxId) {
      await watch.begun()
      const created = await reads.listContainers({ sandboxId: podSandboxId, state: "CREATED" })
      await unlessGone(cri.StopPodSandbox({ podSandboxId }, { timeoutMs: SANDBOX_MS }))
      const stoppedNs = nowNs()
      for (const { id } of created) reads.neverStarted.set(id, stoppedNs)
      await watch.sandboxChanged(podSandboxId)
    },
    async removePodSandbox(podSandboxId) {
      await watch.begun()
      const [sandbox] = await reads.listPodSandboxes({ id: podSandboxId })
      if (sandbox === undefined) return
      await remove(podSandboxId, sandbox.metadata)
    },
  }
}

const NS_PER_MS = 1_000_000n

function isSame(a: PodSandboxMetadata, b: PodSandboxMetadata): boolean {
  return a.uid === b.uid && a.attempt === b.attempt && a.name === b.name && a.namespace === b.namespace
}
