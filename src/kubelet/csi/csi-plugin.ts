import { dirname } from "node:path"
import { uniqueVolumeName } from "../../api/storage/v1/attachment-name.ts"
import type { Client } from "../../client/client.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import { AttachmentLimit } from "../volumes/failures.ts"
import type { MountedVolume, ResolvedVolume, VolumePlugin } from "../volumes/plugins/plugin.ts"
import type { VolumeAmounts } from "../volumes/volumes.ts"
import { loadVolumeData, publishPath } from "./csi-folders.ts"
import { CSI, type CsiSource, csiSource } from "./csi-source.ts"
import { CSI_TIMEOUT_MS } from "./drivers.ts"
import { inStep, type Mounting } from "./mounting.ts"
import { UNIT } from "./node-service.ts"

const { publishDevice, stageDevice, unpublishDevice, unstageDevice } = onFirstCall<typeof import("./block-volume.ts")>(
  "./block-volume.ts",
  import.meta.url,
)
const { expandVolume } = onFirstCall<typeof import("./expand-volume.ts")>("./expand-volume.ts", import.meta.url)
const { publish, stage, unpublish, unstage } = onFirstCall<typeof import("./file-system-volume.ts")>(
  "./file-system-volume.ts",
  import.meta.url,
)

export interface CsiPluginOptions extends Mounting {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
}

/** Volumes of CSI drivers. https://kubernetes.io/docs/concepts/storage/volumes/#csi */
export function csiPlugin(options: CsiPluginOptions): VolumePlugin {
  const { drivers, objects, platform, tokens } = options
  /** By unique name: what was staged since this process runs. After a restart it is staged once more, which changes nothing. */
  const staged = new Set<string>()

  const setUpFiles = async (volume: ResolvedVolume, source: CsiSource, mounted: MountedVolume): Promise<string> => {
    if (!source.ephemeral && !staged.has(mounted.uniqueName)) {
      await inStep("MountDevice failed", () => stage(options, volume, source))
      staged.add(mounted.uniqueName)
    }
    const how = { again: false, readOnly: mounted.readOnly }
    const hostPath = await inStep("SetUp failed", () => publish(options, volume, source, how))
    await inStep("Setup failed while expanding volume", () =>
      expandVolume(options, volume, source, { ...mounted, hostPath }),
    )
    return hostPath
  }

  const setUpDevice = async (volume: ResolvedVolume, source: CsiSource, mounted: MountedVolume): Promise<string> => {
    if (!staged.has(mounted.uniqueName)) {
      await inStep("SetUpDevice failed", () => stageDevice(options, volume, source))
      staged.add(mounted.uniqueName)
    }
    const hostPath = await inStep("MapPodDevice failed", () => publishDevice(options, volume, source, mounted))
    await inStep("MarkVolumeAsMounted failed while expanding volume", () =>
      expandVolume(options, volume, source, { ...mounted, hostPath }),
    )
    return hostPath
  }

  const attached = async (source: CsiSource): Promise<void> => {
    try {
      await objects.attachment(source)
    } catch (error) {
      // Other pods are not to come here for nothing.
      if (error instanceof AttachmentLimit) {
        await drivers.update(source.driver).catch((cause: unknown) => {
          platform.log.warn("driver did not say how many volumes it takes", { name: source.driver, error: cause })
        })
      }
      throw error
    }
  }

  return {
    name: CSI,
    takesMountOptions: true,
    handles: (volume) => csiSource(volume) !== undefined,
    async uniqueName(volume) {
      const source = sourceOf(volume)
      if (source.ephemeral) return { uniqueName: `${CSI}/${volume.pod.metadata.uid}-${volume.specName}` }
      const attachable = await objects.isAttachable(source)
      return { uniqueName: uniqueVolumeName({ driver: source.driver, volumeHandle: source.handle }), attachable }
    },
    async setUp(volume, mounted) {
      const source = sourceOf(volume)
      // Not before it is attached: a driver must not be asked earlier.
      await attached(source)
      return volume.block ? setUpDevice(volume, source, mounted) : setUpFiles(volume, source, mounted)
    },
    async tearDown(mounted) {
      tokens.forget(mounted.podUid)
      await (mounted.block ? unpublishDevice(options, mounted) : unpublish(options, mounted))
    },
    async release({ block, specName, uniqueName }) {
      const persistent = driverAndHandle(uniqueName)
      if (block) await unstageDevice(options, specName)
      else if (persistent !== undefined) await unstage(options, ...persistent)
      staged.delete(uniqueName)
    },
    async refresh(volume, mounted) {
      const source = sourceOf(volume)
      const driver = await objects.driver(source.driver)
      if (driver?.spec.requiresRepublish && !volume.block) {
        const how = { again: true, readOnly: mounted.readOnly }
        await inStep("SetUp failed", () => publish(options, volume, source, how))
      }
      await inStep("NodeExpandVolume failed", () => expandVolume(options, volume, source, mounted))
    },
    async usage({ block, podUid, specName }) {
      if (block) return undefined
      const path = publishPath(options.dataDir, podUid, specName)
      const data = loadVolumeData(dirname(path))
      const driver = data && drivers.get(data.driverName)
      if (driver === undefined || !(await driver.can("volumeStats"))) return undefined
      const request = { volumeId: data?.volumeHandle ?? "", volumePath: driver.toDriver(path) }
      const { usage = [] } = await driver.node.NodeGetVolumeStats(request, { timeoutMs: CSI_TIMEOUT_MS })
      return amounts(usage)
    },
  }
}

/** The plugin is only asked for volumes that it handles. */
function sourceOf(volume: ResolvedVolume): CsiSource {
  const source = csiSource(volume)
  if (source === undefined) throw new Error("volume source not found in volume.Spec")
  return source
}

/** Of a persistent volume; what a pod describes has no such name. */
function driverAndHandle(uniqueName: string): [string, string] | undefined {
  const rest = uniqueName.slice(CSI.length + 1)
  const at = rest.indexOf("^")
  return at < 0 ? undefined : [rest.slice(0, at), rest.slice(at + 1)]
}

interface Usage {
  readonly unit?: number
  readonly available?: number
  readonly total?: number
  readonly used?: number
}

function amounts(usage: readonly Usage[]): VolumeAmounts {
  const of = (unit: number) => usage.find((each) => each.unit === unit)
  const bytes = of(UNIT.bytes)
  const inodes = of(UNIT.inodes)
  return {
    usedBytes: bytes?.used ?? 0,
    availableBytes: bytes?.available ?? 0,
    capacityBytes: bytes?.total ?? 0,
    inodesUsed: inodes?.used ?? 0,
    inodes: inodes?.total ?? 0,
    inodesFree: inodes?.available ?? 0,
  }
}
