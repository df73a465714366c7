import { RuntimeError } from "../../errors.ts"
import type { OciDevice, OciDeviceRule, OciHook, OciMount, OciSpec } from "../spec/types.ts"
import { type CdiHook, type CdiMount, type ContainerEdits, type DeviceNode, HOOKS } from "./cdi-spec.ts"

/** Finds out what a device node of the machine is; null when there is none at that path. */
export type ReadDevice = (hostPath: string, path: string) => OciDevice | null

/** The specification with the edits, one after the other. Throws `RuntimeError` for devices that are not there. */
export function applyEdits(spec: OciSpec, edits: readonly ContainerEdits[], readDevice: ReadDevice): OciSpec {
  return edits.reduce((edited, edit) => applyOne(edited, edit, readDevice), spec)
}

function applyOne(spec: OciSpec, edit: ContainerEdits, readDevice: ReadDevice): OciSpec {
  if (edit.netDevices !== undefined && edit.netDevices.length > 0) {
    throw new RuntimeError("Unsupported", "CDI device injection failed: network devices are not part of this runtime")
  }
  const { process, linux } = spec
  const nodes = (edit.deviceNodes ?? []).map((node) => deviceOf(node, process.user, readDevice))
  const paths = new Set(nodes.map(({ device }) => device.path))
  const rules = nodes.flatMap(({ rule }) => rule ?? [])
  const { additionalGids } = process.user
  const added = (edit.additionalGids ?? []).filter((gid) => gid !== 0 && !additionalGids.includes(gid))
  const hooks = withHooks(spec.hooks, edit.hooks ?? [])
  return {
    ...spec,
    process: {
      ...process,
      env: withEnv(process.env, edit.env ?? []),
      user: { ...process.user, additionalGids: [...additionalGids, ...added] },
    },
    mounts: withMounts(spec.mounts, edit.mounts ?? []),
    ...(hooks && { hooks }),
    linux: {
      ...linux,
      devices: [...linux.devices.filter(({ path }) => !paths.has(path)), ...nodes.map(({ device }) => device)],
      resources: { ...linux.resources, devices: [...(linux.resources.devices ?? []), ...rules] },
      ...(edit.intelRdt !== undefined && { intelRdt: edit.intelRdt }),
    },
  }
}

function withEnv(env: readonly string[], added: readonly string[]): string[] {
  const nameOf = (variable: string) => variable.split("=", 1)[0]
  const replaced = new Set(added.map(nameOf))
  return [...env.filter((variable) => !replaced.has(nameOf(variable))), ...added]
}

function deviceOf(
  { path, hostPath = path, type, major, minor, fileMode, permissions = "rwm", uid, gid }: DeviceNode,
  user: { readonly uid: number; readonly gid: number },
  readDevice: ReadDevice,
): { readonly device: OciDevice; readonly rule?: OciDeviceRule } {
  const found = readDevice(hostPath, path)
  const isComplete = type !== undefined && (type === "p" || major !== undefined)
  if (found === null && !isComplete) {
    throw new RuntimeError(
      "InvalidArgument",
      `CDI device injection failed: failed to stat CDI host device "${hostPath}"`,
    )
  }
  const device: OciDevice = {
    path,
    type: type === undefined || type === "u" ? (found?.type ?? "c") : type,
    major: major ?? found?.major ?? 0,
    minor: minor ?? found?.minor ?? 0,
    fileMode: fileMode ?? found?.fileMode ?? 0o666,
    // Who is not root could not use root's device.
    uid: uid ?? (user.uid > 0 ? user.uid : (found?.uid ?? 0)),
    gid: gid ?? (user.gid > 0 ? user.gid : (found?.gid ?? 0)),
  }
  if (device.type === "p") return { device }
  const rule = { allow: true, type: device.type, major: device.major, minor: device.minor, access: permissions }
  return { device, rule }
}

/** A mount replaces what was mounted at its place; outer ones come before inner ones. */
function withMounts(mounts: readonly OciMount[], added: readonly CdiMount[]): readonly OciMount[] {
  if (added.length === 0) return mounts
  const replaced = new Set(added.map(({ containerPath }) => containerPath))
  const depth = ({ destination }: OciMount) => destination.split("/").filter(Boolean).length
  const more = added.map(({ hostPath, containerPath, type, options = [] }) => ({
    destination: containerPath,
    source: hostPath,
    type: type ?? (options.includes("bind") || options.includes("rbind") ? "bind" : "none"),
    options,
  }))
  const kept = mounts.filter(({ destination }) => !replaced.has(destination))
  return [...kept, ...more].sort((left, right) => depth(left) - depth(right))
}

function withHooks(hooks: OciSpec["hooks"], added: readonly CdiHook[]): OciSpec["hooks"] {
  if (added.length === 0) return hooks
  const edited: Record<string, readonly OciHook[]> = { ...hooks }
  for (const { hookName, ...hook } of added) {
    if (!HOOKS.some((name) => name === hookName)) {
      throw new RuntimeError("InvalidArgument", `CDI device injection failed: unknown hook name "${hookName}"`)
    }
    edited[hookName] = [...(edited[hookName] ?? []), hook]
  }
  return edited
}
