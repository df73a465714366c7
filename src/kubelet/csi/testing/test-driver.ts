import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { GrpcError } from "../../../machinery/grpc/code.ts"
import { type GrpcServer, implement, serveGrpc } from "../../../machinery/grpc/server.ts"
import { bindMount, unmount } from "../../../platform/linux/mount.ts"
import { Registration } from "../../plugins/registration.ts"
import { NODE_CAPABILITY, type NodeCapability, NodeService } from "../node-service.ts"

/** A CSI driver whose volumes are folders, with real mounts, on a real socket. */
export interface TestDriver {
  readonly name: string
  /** `call` with the request, oldest first. */
  readonly calls: { readonly call: string; readonly request: { readonly [member: string]: unknown } }[]
  /** By call: what it answers instead, once. */
  readonly failures: Map<string, GrpcError>
  /** Whether the last registration worked; what it said otherwise. */
  readonly told: string[]
  close(): void
}

/** `dataDir`: the kubelet's folder. `disk`: where volumes are. */
export async function startTestDriver(options: {
  readonly name: string
  readonly dataDir: string
  readonly disk: string
  readonly capabilities: readonly NodeCapability[]
}): Promise<TestDriver> {
  const { capabilities, dataDir, disk, name } = options
  const calls: TestDriver["calls"] = []
  const failures = new Map<string, GrpcError>()
  const told: string[] = []
  const note = (call: string, request: object) => {
    calls.push({ call, request: { ...request } })
    const failure = failures.get(call)
    failures.delete(call)
    if (failure !== undefined) throw failure
  }
  const mountAt = (handle: string, target: string, readOnly = false) => {
    const source = join(disk, handle)
    mkdirSync(source, { recursive: true })
    mkdirSync(target, { recursive: true })
    bindMount(source, target, { readOnly })
  }
  const node = implement(NodeService, {
    NodeGetInfo: async () => ({
      nodeId: `${name}-node`,
      maxVolumesPerNode: 5,
      accessibleTopology: { segments: { [`topology.${name}`]: "here" } },
    }),
    NodeGetCapabilities: async () => ({
      capabilities: capabilities.map((each) => ({ rpc: { type: NODE_CAPABILITY[each] } })),
    }),
    async NodeStageVolume(request) {
      note("stage", request)
      const { stagingTargetPath = "", volumeCapability, volumeId = "" } = request
      if (volumeCapability?.block === undefined) mountAt(volumeId, stagingTargetPath)
      return {}
    },
    async NodePublishVolume(request) {
      note("publish", request)
      const { readonly = false, targetPath = "", volumeCapability, volumeContext, volumeId = "" } = request
      if (volumeCapability?.block !== undefined) {
        writeFileSync(targetPath, "")
        bindMount(volumeContext?.["device"] ?? "/dev/null", targetPath)
      } else if (!existsSync(targetPath)) mountAt(volumeId, targetPath, readonly)
      return {}
    },
    async NodeUnpublishVolume(request) {
      note("unpublish", request)
      const { targetPath = "" } = request
      unmount(targetPath)
      rmSync(targetPath, { recursive: true, force: true })
      return {}
    },
    async NodeUnstageVolume(request) {
      note("unstage", request)
      const { stagingTargetPath = "" } = request
      unmount(stagingTargetPath)
      if (existsSync(stagingTargetPath)) rmdirSync(stagingTargetPath)
      return {}
    },
    async NodeGetVolumeStats(request) {
      note("stats", request)
      return {
        usage: [
          { unit: 1, total: 100, used: 30, available: 70 },
          { unit: 2, total: 10, used: 3, available: 7 },
        ],
      }
    },
    async NodeExpandVolume(request) {
      note("expand", request)
      return { capacityBytes: request.capacityRange?.requiredBytes ?? 0 }
    },
  })
  const endpoint = join(dataDir, "plugins", name, "csi.sock")
  mkdirSync(dirname(endpoint), { recursive: true })
  const servers: GrpcServer[] = [await serveGrpc({ socketPath: endpoint }, () => [node])]
  const registration = implement(Registration, {
    GetInfo: async () => ({ type: "CSIPlugin", name, endpoint, supportedVersions: ["1.0.0"] }),
    async NotifyRegistrationStatus({ error = "", pluginRegistered = false }) {
      told.push(pluginRegistered ? "registered" : error)
      return {}
    },
  })
  const folder = join(dataDir, "plugins_registry")
  mkdirSync(folder, { recursive: true })
  servers.push(await serveGrpc({ socketPath: join(folder, `${name}-reg.sock`) }, () => [registration]))
  return {
    name,
    calls,
    failures,
    told,
    close: () => {
      for (const server of servers) server.close()
    },
  }
}
