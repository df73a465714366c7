import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { ContainerConfig, ContainerId, ImageSpec, Mount, SandboxId } from "../../runtime/runtime.ts"
import { containerConfig } from "../config/container-config.ts"
import { containerEnv } from "../config/env.ts"
import { envFileValue } from "../config/env-file.ts"
import { podHostname } from "../config/hostname.ts"
import { hostsFile, writeHostsFile } from "../config/hosts-file.ts"
import { containerSecurity } from "../config/security.ts"
import type { Environment } from "../environment.ts"
import type { Action } from "../pod/actions.ts"
import type { PodContainer } from "../pod/containers.ts"
import { type ImageFact, newest, type PodRuntime, readySandbox } from "../pod/facts.ts"
import { userNamespaceOf } from "../user-namespaces/of-pod.ts"
import { runHook } from "./hooks.ts"
import { linkLog } from "./log-link.ts"

type Start = Extract<Action, { do: "start-container" }>

export interface StartRequest {
  /** With a current status. */
  readonly pod: Pod
  readonly start: Start
  readonly image: Extract<ImageFact, { state: "present" }>
  /** By volume name. */
  readonly volumeImages: ReadonlyMap<string, ImageSpec>
  readonly runtime: () => PodRuntime
  readonly signal: AbortSignal
  readonly killAfterFailedHook: (id: ContainerId) => Promise<void>
}

/** Why a container does not run, as its status shows it. */
export interface StartFailure {
  readonly reason: string
  readonly message: string
}

/** Makes and starts one container and runs its postStart hook. Resolves to what went wrong, or to undefined. */
export async function startContainer(
  environment: Environment,
  request: StartRequest,
): Promise<StartFailure | undefined> {
  const { pod, runtime, start } = request
  const { container } = start
  const { fieldPath } = container
  const { events } = environment
  const type =
    container.kind === "regular" ? "container" : `${container.kind === "sidecar" ? "init" : container.kind}_container`
  const fail = (reason: string, error: unknown): StartFailure => {
    const message = messageOf(error)
    environment.counters.add("kubelet_started_containers_errors_total", { container_type: type, code: reason })
    events.record(pod, "Warning", "Failed", `Error: ${message}`, { fieldPath })
    return { reason, message }
  }
  const sandbox = readySandbox(runtime())
  if (sandbox === undefined) return undefined
  environment.counters.add("kubelet_started_containers_total", { container_type: type })
  let config: Awaited<ReturnType<typeof configure>>
  try {
    config = await configure(environment, request, sandbox.ips)
  } catch (error) {
    return fail("CreateContainerConfigError", error)
  }
  const started = await createAndStart(environment, request, sandbox.id, config)
  if ("error" in started) return fail(started.reason, started.error)
  const { id } = started
  await environment.view.refreshContainer(id)
  showLog(environment, pod, id)
  events.record(pod, "Normal", "Started", "Container started", { fieldPath })
  return runPostStart(environment, request, id, sandbox.ips[0] ?? environment.nodeIps[0])
}

type Started = { readonly id: ContainerId } | { readonly reason: string; readonly error: unknown }

async function createAndStart(
  { allocations, events, runtime, view }: Environment,
  { pod, start: { container } }: StartRequest,
  sandboxId: SandboxId,
  config: ContainerConfig,
): Promise<Started> {
  let id: ContainerId
  try {
    id = await runtime.createContainer(sandboxId, config)
  } catch (error) {
    return { reason: "CreateContainerError", error }
  }
  events.record(pod, "Normal", "Created", "Container created", { fieldPath: container.fieldPath })
  try {
    await runtime.startContainer(id)
    allocations.started(pod, container.spec)
    return { id }
  } catch (error) {
    await view.refreshContainer(id)
    return { reason: "RunContainerError", error }
  }
}

async function configure(environment: Environment, request: StartRequest, podIps: readonly string[]) {
  const { image, pod, runtime, start } = request
  const { attempt, container, nextPauseMs } = start
  const { spec } = container
  const env = await containerEnv(withAddresses(pod, podIps, environment.nodeIps), spec, {
    ...environment.objects,
    fileValue: (from) => envFileValue(pod, environment.dataDir, from),
    serviceEnv: await environment.serviceEnv(pod),
    nodeAllocatable: environment.nodeAllocatable(),
  })
  const volumeMounts = await environment.volumes.containerMounts(pod, spec, {
    env,
    images: request.volumeImages,
    recursiveReadOnlyMounts: environment.recursiveReadOnlyMounts(pod.spec.runtimeClassName ?? ""),
  })
  const devices = await environment.volumes.containerDevices(pod, spec)
  const grants = await environment.devicePlugins.grants(pod, spec)
  const target = container.targetName === undefined ? undefined : newest(runtime(), container.targetName)
  if (container.targetName !== undefined && target?.state !== "RUNNING") {
    throw new Error(`unable to find target container ${container.targetName}`)
  }
  const userns = userNamespaceOf(pod, environment.idBlocks)
  return containerConfig(pod, container, {
    attempt,
    nextPauseMs,
    imageId: image.imageId,
    env: [...grants.envs.filter(({ name }) => !env.some((each) => each.name === name)), ...env],
    mounts: [
      ...grants.mounts,
      ...volumeMounts,
      ...ownMounts(environment, pod, container, podIps, attempt, volumeMounts),
    ],
    devices: [...grants.devices, ...devices],
    cdiDevices: [...environment.devices.cdiDevices(pod, spec), ...grants.cdiDevices],
    annotations: grants.annotations,
    security: containerSecurity(pod, spec, {
      image: image.user,
      volumeGroups: environment.volumes.extraGroups(pod),
      seccompDir: join(environment.dataDir, "seccomp"),
      seccompDefault: environment.settings.seccompDefault,
      ...(userns && { userns }),
      ...(target === undefined ? {} : { targetId: target.id }),
    }),
    resources: environment.resourcesOf(pod, spec),
  })
}

/** The addresses are known before they are reported. */
function withAddresses(pod: Pod, podIps: readonly string[], nodeIps: Environment["nodeIps"]): Pod {
  const ips = pod.spec.hostNetwork ? nodeIps : podIps
  const toIps = (all: readonly string[]) => all.map((ip) => ({ ip }))
  const addresses = { podIP: ips[0] ?? "", podIPs: toIps(ips), hostIP: nodeIps[0], hostIPs: toIps(nodeIps) }
  return { ...pod, status: { ...pod.status, ...addresses } }
}

/** /etc/hosts and the termination message file, unless the container mounts something of its own there. */
function ownMounts(
  environment: Environment,
  pod: Pod,
  { spec }: PodContainer,
  podIps: readonly string[],
  attempt: number,
  taken: readonly Mount[],
): Mount[] {
  const podDir = join(environment.dataDir, "pods", pod.metadata.uid)
  const mounts: Mount[] = []
  const add = (containerPath: string, hostPath: string) => {
    if (taken.some((mount) => mount.containerPath === containerPath)) return
    mounts.push({ containerPath, hostPath, readonly: false, propagation: "PRIVATE" })
  }
  const folder = join(podDir, "containers", spec.name)
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const hosts = join(podDir, "etc-hosts")
  const ips = pod.spec.hostNetwork ? environment.nodeIps : podIps
  writeHostsFile(hosts, hostsFile(pod, ips, podHostname(pod, environment.clusterDns.domain)))
  add("/etc/hosts", hosts)
  if (spec.terminationMessagePath) {
    const message = join(folder, `${attempt}.termination`)
    writeFileSync(message, "")
    // Whatever user the container runs as must be able to write it.
    chmodSync(message, 0o666)
    add(spec.terminationMessagePath, message)
  }
  return mounts
}

function showLog({ logDir, platform, view }: Environment, pod: Pod, id: ContainerId): void {
  const status = view.of(pod.metadata.uid).containers.find((each) => each.id === id)
  try {
    if (status !== undefined) linkLog(logDir, status)
  } catch (error) {
    platform.log.warn("log collectors do not find a container's log", { pod: pod.metadata.name, id, error })
  }
}

async function runPostStart(
  environment: Environment,
  { killAfterFailedHook, pod, signal, start: { container } }: StartRequest,
  id: ContainerId,
  podIp: string,
): Promise<StartFailure | undefined> {
  const hook = container.spec.lifecycle?.postStart
  if (!hook) return undefined
  try {
    await runHook(environment, { pod, container, id, podIp }, hook, signal)
    return undefined
  } catch (error) {
    environment.platform.log.info("postStart hook failed", { pod: pod.metadata.name, error })
    const { fieldPath } = container
    environment.events.record(pod, "Warning", "FailedPostStartHook", "PostStartHook failed", { fieldPath })
    await killAfterFailedHook(id)
    return { reason: "PostStartHookError", message: messageOf(error) }
  }
}
