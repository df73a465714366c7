import { closeSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { isImageError, type PreparedRootfs } from "../../images/images.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import { openFlags, openInRoot } from "../../platform/linux/open.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ContainerConfig, ContainerId, Mount } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import { applyEdits } from "./cdi/apply-edits.ts"
import { annotatedDevices, editsFor } from "./cdi/find-devices.ts"
import { type ContainerEntry, newId, nowNs, type OciContext, type SandboxEntry } from "./context.ts"
import { collectDevices, readDevice } from "./devices.ts"
import type { ContainerPaths } from "./layout.ts"
import { type ContainerRecord, createdRun, isAlive, writeRecord } from "./records.ts"
import { mountImage, mountRootfs, prepareMountSource, readInRootfs, removeRootfs } from "./rootfs.ts"
import { sandboxFiles, sandboxHostname, sandboxNamespaces, sandboxRoot, userNamespace } from "./sandbox-setup.ts"
import { seccompAnnotations } from "./seccomp-program.ts"
import { type BuiltSpec, buildContainerSpec } from "./spec/container-spec.ts"
import { parseSeccompProfile } from "./spec/localhost-seccomp.ts"
import type { ResolvedMount } from "./spec/mounts.ts"
import type { OciSeccomp, OciSpec } from "./spec/types.ts"
import { type MappedMounts, mountsFor } from "./user-namespaces.ts"

/** Prepares everything a start needs. Nothing is left when it throws. */
export async function prepareContainer(
  context: OciContext,
  sandbox: SandboxEntry,
  config: ContainerConfig,
): Promise<ContainerEntry> {
  const id = newId(context) as ContainerId
  const paths = context.layout.container(id)
  mkdirSync(paths.data, { recursive: true, mode: 0o711 })
  try {
    const image = await unpack(context, config.image.image, pinName(id))
    const sandboxConfig = sandbox.record.config
    const ids = mountsFor(
      paths.mapped,
      sandboxNamespaces(sandboxConfig, context.layout.sandbox(sandbox.record.id)).user,
    )
    const [mounts, status] = await Promise.all([
      resolveMounts(context, id, paths, config.mounts, ids),
      context.images.status(image.imageId),
    ])
    ids.withLayers(image.lowerDirs, (lowerDirs) => mountRootfs(paths, lowerDirs, sandboxRoot(sandboxConfig)))
    const handler = await context.handler(sandbox.record.handler)
    const cgroup = join(sandbox.record.config.linux.cgroupParent || "/", id)
    const built = withCdiDevices(context, config, buildSpec(context, sandbox, config, image, paths, mounts, cgroup))
    mkdirSync(paths.bundle, { recursive: true, mode: 0o700 })
    const spec: OciSpec = { ...built.spec, ...seccompAnnotations(handler, built.spec.linux.seccomp) }
    writeFileSync(join(paths.bundle, "config.json"), JSON.stringify(spec))
    const { user, oomScoreAdj } = built.spec.process
    const resources = config.linux.resources
    const record: ContainerRecord = {
      id,
      sandboxId: sandbox.record.id,
      config,
      imageId: image.imageId,
      imageRef: status?.repoDigests[0] ?? image.imageId,
      handler: handler.name,
      createdAtNs: nowNs(context),
      logPath: prepareLog(sandbox.record.config.logDirectory, config.logPath),
      cgroup,
      user: { uid: user.uid, gid: user.gid, supplementalGroups: user.additionalGids },
      stopSignal: config.stopSignal || image.config.stopSignal || "SIGTERM",
      warnings: built.warnings,
      resources: oomScoreAdj === undefined ? resources : { ...resources, oomScoreAdj },
    }
    writeRecord(paths.run, createdRun)
    writeRecord(paths.record, record)
    return { record, run: createdRun, exited: Promise.withResolvers() }
  } catch (error) {
    await discardContainer(context, id, config.mounts.length)
    throw error
  }
}

function withCdiDevices({ cdiFolders }: OciContext, config: ContainerConfig, built: BuiltSpec): BuiltSpec {
  const names = [...new Set([...(config.cdiDevices ?? []), ...annotatedDevices(config.annotations)])]
  if (names.length === 0) return built
  return { ...built, spec: applyEdits(built.spec, editsFor(names, cdiFolders), readDevice) }
}

/** Removes what `prepareContainer` has made. May be repeated. */
export async function discardContainer(context: OciContext, id: string, mountCount: number): Promise<void> {
  const paths = context.layout.container(id)
  rmSync(paths.bundle, { recursive: true, force: true })
  rmSync(paths.exit, { force: true })
  await removeRootfs(paths, mountCount)
  await context.images.unpin(pinName(id))
  for (let i = 0; i < mountCount; i++) await context.images.unpin(pinName(id, i))
}

/** Image pins of a container: its own image, and those it mounts. */
function pinName(id: string, mount?: number): string {
  return mount === undefined ? id : `${id}.${mount}`
}

async function unpack(context: OciContext, image: string, pin: string): Promise<PreparedRootfs> {
  try {
    return await context.images.prepareRootfs(image, { pin })
  } catch (cause) {
    if (!isImageError(cause, "NotFound")) throw cause
    throw new RuntimeError("ImageMissing", `image ${image} is not on this machine: pull it first`, { cause })
  }
}

async function resolveMounts(
  context: OciContext,
  id: string,
  paths: ContainerPaths,
  mounts: readonly Mount[],
  ids: MappedMounts,
): Promise<ResolvedMount[]> {
  const resolved: ResolvedMount[] = []
  for (const [i, mount] of mounts.entries()) {
    if (mount.image === undefined) {
      const source = ids.source(prepareMountSource(mount.hostPath), i)
      if (mount.propagation !== "PRIVATE") needShared(source, mount.propagation)
      resolved.push({ ...mount, source })
      continue
    }
    const image = await unpack(context, mount.image.image, pinName(id, i))
    const target = join(paths.images, String(i))
    ids.withLayers(image.lowerDirs, (lowerDirs) => mountImage(target, lowerDirs))
    resolved.push({ ...mount, source: imageSubPath(target, mount.imageSubPath ?? "") })
  }
  return resolved
}

/** The folder inside a mounted image, found without following links out of it. */
function imageSubPath(root: string, subPath: string): string {
  if (subPath === "") return root
  try {
    const fd = openInRoot(root, subPath, openFlags.O_PATH)
    try {
      return realpathSync(`/proc/self/fd/${fd}`)
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    throw new RuntimeError("InvalidArgument", `the image has no ${subPath} to mount`, { cause })
  }
}

/** Mounts made later can only be seen on both sides when the mount the path is on is shared. */
function needShared(source: string, propagation: "HOST_TO_CONTAINER" | "BIDIRECTIONAL"): void {
  const real = realpathSync(source)
  const candidates = readMountTable().filter(({ mountPoint }) => contains(mountPoint, real))
  const on = candidates.toSorted((a, b) => a.mountPoint.length - b.mountPoint.length).at(-1)
  if (on === undefined || on.shared || propagation === "HOST_TO_CONTAINER") return
  throw new RuntimeError(
    "InvalidArgument",
    `path ${source} is mounted on ${on.mountPoint} but it is not a shared mount: mount --make-shared ${on.mountPoint}`,
  )
}

function contains(mountPoint: string, path: string): boolean {
  return mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`)
}

function buildSpec(
  context: OciContext,
  sandbox: SandboxEntry,
  config: ContainerConfig,
  image: PreparedRootfs,
  paths: ContainerPaths,
  mounts: readonly ResolvedMount[],
  cgroupsPath: string,
): BuiltSpec {
  const sandboxConfig = sandbox.record.config
  const sandboxPaths = context.layout.sandbox(sandbox.record.id)
  return buildContainerSpec({
    config,
    image: image.config,
    passwd: readInRootfs(paths.rootfs, "/etc/passwd"),
    group: readInRootfs(paths.rootfs, "/etc/group"),
    rootfsPath: paths.rootfs,
    hostname: sandboxHostname(sandboxConfig),
    cgroupsPath,
    namespaces: sandboxNamespaces(sandboxConfig, sandboxPaths),
    userns: userNamespace(sandboxConfig),
    pidPath: joinedPidNamespace(context, sandbox, config),
    files: sandboxFiles(sandboxConfig, sandboxPaths),
    mounts,
    devices: collectDevices(config),
    localhostSeccomp: readSeccompProfile(config),
    machine: context.machine,
  })
}

function joinedPidNamespace(context: OciContext, sandbox: SandboxEntry, config: ContainerConfig): string | null {
  const { pid, targetId } = config.linux.securityContext.namespaceOptions
  const holder =
    pid === "TARGET" ? context.containers.get(targetId ?? "")?.run.process : pid === "POD" ? sandbox.record.pause : null
  return holder !== undefined && holder !== null && isAlive(holder) ? `/proc/${holder.pid}/ns/pid` : null
}

function readSeccompProfile(config: ContainerConfig): OciSeccomp | null {
  const profile = config.linux.securityContext.seccomp
  if (profile?.type !== "Localhost" || profile.localhostRef === undefined) return null
  try {
    return parseSeccompProfile(readFileSync(profile.localhostRef, "utf8"), profile.localhostRef)
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw cause
    throw new RuntimeError("InvalidArgument", `cannot read seccomp profile ${profile.localhostRef}`, { cause })
  }
}

function prepareLog(directory: string, logPath: string): string {
  if (directory === "" || logPath === "") return ""
  const path = join(directory, logPath)
  mkdirSync(dirname(path), { recursive: true })
  return path
}
