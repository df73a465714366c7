import { mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Cgroups, detectCgroups } from "../../platform/linux/cgroups.ts"
import type { ContainerConfig, ContainerId, LinuxContainerResources } from "../container.ts"
import { resourcesMessage } from "../cri/resources.ts"
import { RuntimeError } from "../errors.ts"
import type { ContainerRuntime } from "../runtime.ts"
import type { SandboxId } from "../sandbox.ts"
import { CALL_MS, called, runtimeErrorOf, unlessGone } from "./calls.ts"
import { containerConfigMessage, sandboxConfigMessage } from "./config-messages.ts"
import type { Parts } from "./parts.ts"
import type { Reads } from "./reads.ts"
import { sharing } from "./sharing.ts"

type Methods = Pick<
  ContainerRuntime,
  | "createContainer"
  | "removeContainer"
  | "reopenContainerLog"
  | "startContainer"
  | "stopContainer"
  | "updateContainerResources"
>

const NS_PER_MS = 1_000_000n

export function containerMethods(parts: Parts, reads: Reads): Methods {
  const { configs, cri, images, platform, watch } = parts
  const once = sharing<ContainerId>()
  const limit = { timeoutMs: CALL_MS }
  const limitsHugePages = canLimitHugePages(detectCgroups())

  /** Without that controller CRI-O fails to set limits, and be they for nothing. */
  const settable = ({ hugepageLimits = [], ...resources }: LinuxContainerResources): LinuxContainerResources =>
    limitsHugePages && hugepageLimits.length > 0 ? { ...resources, hugepageLimits } : resources

  const create = async (sandbox: SandboxId, config: ContainerConfig): Promise<ContainerId> => {
    await watch.begun()
    const { metadata, state } = await reads.podSandboxStatus(sandbox)
    if (state !== "READY") throw new RuntimeError("FailedPrecondition", `sandbox ${sandbox} has been stopped`)
    const sandboxConfig = configs.get(metadata)
    if (sandboxConfig === undefined) {
      throw new RuntimeError(
        "FailedPrecondition",
        `sandbox ${sandbox} was not made by this node: it has to be made anew`,
      )
    }
    const request = {
      podSandboxId: sandbox,
      config: containerConfigMessage({
        ...config,
        linux: { ...config.linux, resources: settable(config.linux.resources) },
      }),
      sandboxConfig: sandboxConfigMessage(sandboxConfig),
    }
    makeLogFolder(sandboxConfig.logDirectory, config.logPath)
    try {
      const { containerId = "" } = await cri.CreateContainer(request, limit)
      await watch.containerChanged(containerId as ContainerId)
      return containerId as ContainerId
    } catch (error) {
      return diagnose(error, sandbox, config)
    }
  }

  /** Runtimes refuse what is there already, and what lacks its image, each in words of its own. */
  const diagnose = async (error: unknown, sandbox: SandboxId, config: ContainerConfig): Promise<ContainerId> => {
    const { attempt, name } = config.metadata
    const containers = await reads.listContainers({ sandboxId: sandbox })
    const found = containers.find(({ metadata }) => metadata.name === name && metadata.attempt === attempt)
    if (found !== undefined) return found.id
    const { image } = await called(images.ImageStatus({ image: { image: config.image.image } }, limit))
    const failure = runtimeErrorOf(error)
    if (image === undefined && failure instanceof RuntimeError) {
      throw new RuntimeError("ImageMissing", failure.message, { cause: error })
    }
    throw failure
  }

  const start = async (id: ContainerId): Promise<void> => {
    if (reads.neverStarted.has(id)) throw new RuntimeError("FailedPrecondition", `container ${id} has been stopped`)
    try {
      await cri.StartContainer({ containerId: id }, limit)
    } catch (error) {
      const { reason, state } = await reads.containerStatus(id)
      if (state === "RUNNING") return
      const failure = runtimeErrorOf(error)
      const hadEnded = state === "EXITED" && reason !== "StartError" && reason !== "ContainerCannotRun"
      if (hadEnded && failure instanceof RuntimeError) {
        throw new RuntimeError("FailedPrecondition", failure.message, { cause: error })
      }
      throw failure
    }
  }

  return {
    createContainer: (sandbox, config) =>
      once(`${sandbox}/${config.metadata.name}/${config.metadata.attempt}`, () => create(sandbox, config)),
    async startContainer(id) {
      await watch.begun()
      try {
        await start(id)
      } finally {
        await watch.containerChanged(id)
      }
    },
    async stopContainer(id, graceMs) {
      await watch.begun()
      const [container] = await reads.listContainers({ id })
      if (container === undefined) return
      if (container.state === "CREATED") {
        reads.neverStarted.set(id, BigInt(Math.trunc(platform.clock.nowMs())) * NS_PER_MS)
      } else {
        const timeout = Math.ceil(graceMs / 1000)
        await unlessGone(cri.StopContainer({ containerId: id, timeout }, { timeoutMs: timeout * 1000 + CALL_MS }))
      }
      await watch.containerChanged(id)
    },
    async removeContainer(id) {
      await watch.begun()
      await unlessGone(cri.RemoveContainer({ containerId: id }, limit))
      reads.neverStarted.delete(id)
      await watch.containerChanged(id)
    },
    async updateContainerResources(id, resources) {
      await called(
        cri.UpdateContainerResources({ containerId: id, linux: resourcesMessage(settable(resources)) }, limit),
      )
    },
    async reopenContainerLog(id) {
      await called(cri.ReopenContainerLog({ containerId: id }, limit))
    },
  }
}

/** Runtimes do not look into the unified tree of a machine that has others beside it. */
function canLimitHugePages({ controllers, mode, unified }: Cgroups): boolean {
  const tree = controllers.get("hugetlb")
  return tree !== undefined && (mode === "v2" || tree !== unified)
}

/** CRI-O leaves it to the kubelet. */
function makeLogFolder(directory: string, logPath: string): void {
  if (directory !== "" && logPath !== "") mkdirSync(dirname(join(directory, logPath)), { recursive: true, mode: 0o755 })
}
